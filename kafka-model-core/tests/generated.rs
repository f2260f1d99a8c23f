//! Generated texts: whatever is written for a setting, it is read or refused, and what is said shows no secret.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::ALL;
use kafka_model_core::failure::{Backoff, Delays, Limit};
use kafka_model_core::setting::{Kind, SPECS, Written, look_up};
use kafka_model_core::{Features, Source, Value};
use proptest::prelude::*;

/// So many generated cases, or as many as `KAFKA_MODEL_CASES` says.
fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("KAFKA_MODEL_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(usual),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Texts that are nearly a duration, or something made of some.
fn nearly() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        4 => (0..200_u32).prop_map(|number| number.to_string()),
        1 => "[0-9]{0,24}",
        1 => prop::sample::select(vec!["9223372036854775807", "9223372036854775808", "922337203685477581"])
            .prop_map(str::to_owned),
    ];
    let unit = prop::sample::select(vec!["ms", "s", "m", "h", "d", "", "%", " s", "M", "é"]);
    let duration = (number, unit).prop_map(|(number, unit)| format!("{number}{unit}"));
    let between = prop::sample::select(vec!["..", ",", "/", "...", ".", "-", ", ", ""]);
    let parts = prop::collection::vec((duration, between), 0..10);
    prop_oneof![
        6 => parts.prop_map(|parts| {
            let mut text = String::new();
            for (index, (duration, between)) in parts.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { between });
                text.push_str(duration);
            }
            text
        }),
        2 => (0..200_u32, 0..100_u32).prop_map(|(from, to)| format!("{from}ms..{to}s")),
        1 => any::<String>(),
    ]
}

/// The milliseconds of a duration: what the documentation says, in the plainest way.
fn duration(text: &str) -> Option<i64> {
    let units = [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    let (digits, factor) = units.iter().find_map(|(unit, factor)| {
        let digits = text.strip_suffix(unit)?;
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        is_number.then_some((digits, factor))
    })?;
    digits.parse::<i64>().ok()?.checked_mul(*factor)
}

fn backoff(text: &str) -> Option<(i64, i64)> {
    let (min, max) = match text.split_once("..") {
        Some((min, max)) => (duration(min)?, duration(max)?),
        None => (duration(text)?, duration(text)?),
    };
    (1 <= min && min <= max && max <= 3_600_000).then_some((min, max))
}

fn delays(text: &str) -> Option<Vec<i64>> {
    let delays: Option<Vec<i64>> = text.split(',').map(duration).collect();
    let mut different = delays.clone()?;
    different.sort_unstable();
    different.dedup();
    delays.filter(|delays| {
        let in_range = |delay: &i64| (100..=6 * 86_400_000).contains(delay);
        different.len() == delays.len() && delays.len() <= 8 && delays.iter().all(in_range)
    })
}

fn limit(text: &str) -> Option<Limit> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    if let Some((records, per)) = text.split_once('/') {
        let (records, per_ms) = (number(records)?, duration(per)?);
        let in_range = (1..=100_000).contains(&records) && (1_000..=86_400_000).contains(&per_ms);
        return in_range.then_some(Limit::Rate { records, per_ms });
    }
    let percent = number(text.strip_suffix('%')?)?;
    (1..=99)
        .contains(&percent)
        .then_some(Limit::Share { percent })
}

#[test]
fn a_number_that_is_just_too_large_is_no_duration() {
    for text in [
        "9223372036854775808ms",
        "9223372036854775809s",
        "92233720368547758070s",
    ] {
        assert_eq!(Backoff::parse(text), None);
        assert_eq!(Delays::parse(text), None);
        assert_eq!(Limit::parse(&format!("1/{text}")), None);
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn backoffs_delays_and_limits_are_what_a_plain_parser_says(text in nearly()) {
        let read = Backoff::parse(&text).map(|read| (read.min_ms, read.max_ms));
        prop_assert_eq!(read, backoff(&text));
        let read = Delays::parse(&text).map(|read| (0..read.len()).filter_map(|index| read.get(index)).collect());
        prop_assert_eq!(read, delays(&text));
        prop_assert_eq!(Limit::parse(&text), limit(&text));
    }

    /// What is refused is refused with a reason, and what is taken is what is used.
    #[test]
    fn what_is_written_for_failures_is_read_or_refused(text in nearly()) {
        for name in ["retry(backoff)", "retry(topics)", "dead_letter(limit)", "dead_letter", "max_handling_ms"] {
            let spec = look_up(name).unwrap();
            let taken = match spec.kind {
                Kind::Backoff => Some(backoff(&text).is_some()),
                Kind::Delays => Some(delays(&text).is_some()),
                Kind::Limit => Some(limit(&text).is_some()),
                _ => None,
            };
            match spec.read(Written::Str(&text), ALL) {
                Ok(value) => {
                    prop_assert!(taken.is_none_or(|taken| taken));
                    if taken.is_some() {
                        prop_assert_eq!(value, Value::Str(&text));
                    }
                }
                Err(why) => {
                    prop_assert!(!taken.unwrap_or(false), "{why}");
                    prop_assert!(why.starts_with(&format!("`{name}`")), "{why}");
                }
            }
        }
    }

    #[test]
    fn any_text_for_any_setting_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        text in prop_oneof![any::<String>(), nearly(), "[a-zA-Z0-9_.,:/|()*\\[\\]{}+\\\\ -]{0,24}"],
        number in any::<i128>(),
        fraction in any::<f64>(),
        all in any::<bool>(),
    ) {
        let spec = at.get(SPECS);
        let features = if all { ALL } else { Features::default() };
        for written in [Written::Str(&text), Written::Int(number), Written::Float(fraction), Written::Bool(all), Written::From(Source::env(&text))] {
            match spec.read(written, features) {
                Ok(value) => prop_assert!(!spec.is_secret() || matches!(value, Value::From(_))),
                Err(why) => {
                    prop_assert!(!why.is_empty());
                    // What may be a secret by mistake is not shown either; a text that is long enough not to be in
                    // the message by chance.
                    let shown = matches!(written, Written::Str(_)) && text.len() > 8 && why.contains(&text);
                    prop_assert!(!(spec.sensitive && shown), "{why}");
                }
            }
        }
    }

    /// A name is a setting or is said to be none, whatever it is.
    #[test]
    fn any_name_is_a_setting_or_none(
        name in prop_oneof![any::<String>(), "[a-z_]{0,20}", "(retry|dead_letter|[a-z]{1,4})\\([a-z(]{0,10}\\)?"],
    ) {
        match look_up(&name) {
            Ok(spec) => prop_assert_eq!(spec.name, name),
            Err(why) => prop_assert!(why.starts_with("unknown setting `"), "{why}"),
        }
    }
}
