//! Durations and sizes, as people write them.

use super::Unit;
use crate::text::Text;

/// A unit that a number can be written with, and how many of the smallest it is: milliseconds or
/// bytes.
struct Suffix {
    name: &'static str,
    factor: i128,
}

const fn suffix(name: &'static str, factor: i128) -> Suffix {
    Suffix { name, factor }
}

const DURATIONS: &[Suffix] = &[
    suffix("ms", 1),
    suffix("s", 1_000),
    suffix("m", 60_000),
    suffix("h", 3_600_000),
    suffix("d", 86_400_000),
];

const SIZES: &[Suffix] = &[
    suffix("B", 1),
    suffix("kB", 1_000),
    suffix("KiB", 1 << 10),
    suffix("MB", 1_000_000),
    suffix("MiB", 1 << 20),
    suffix("GB", 1_000_000_000),
    suffix("GiB", 1 << 30),
];

impl Unit {
    const fn suffixes(self) -> &'static [Suffix] {
        match self {
            Self::Plain => &[],
            Self::Millis | Self::Seconds => DURATIONS,
            Self::Bytes | Self::Kibibytes => SIZES,
        }
    }

    /// How many of the smallest unit one of this unit is.
    const fn base(self) -> i128 {
        match self {
            Self::Plain | Self::Millis | Self::Bytes => 1,
            Self::Seconds => 1_000,
            Self::Kibibytes => 1 << 10,
        }
    }

    /// What a plain number counts, in words.
    pub(super) const fn counts(self) -> &'static str {
        match self {
            Self::Plain => "number",
            Self::Millis => "number of milliseconds",
            Self::Seconds => "number of seconds",
            Self::Bytes => "number of bytes",
            Self::Kibibytes => "number of KiB",
        }
    }

    /// What a setting of this unit takes, in words.
    pub(super) const fn takes(self) -> &'static str {
        match self {
            Self::Plain => "a whole number",
            Self::Millis => "a duration such as \"45s\", or a number of milliseconds",
            Self::Seconds => "a duration such as \"45s\", or a number of seconds",
            Self::Bytes => "a size such as \"50MiB\", or a number of bytes",
            Self::Kibibytes => "a size such as \"50MiB\", or a number of KiB",
        }
    }
}

/// `value` in the largest unit that makes it whole: 45 and `s` for 45000 milliseconds.
///
/// Of a decimal and a binary unit, the one that gives the shorter number.
pub(crate) const fn scale(value: i64, unit: Unit) -> (i64, &'static str) {
    let suffixes = unit.suffixes();
    let smallest = value as i128 * unit.base();
    let mut best = if suffixes.is_empty() {
        (value, "")
    } else {
        (0, suffixes[0].name)
    };
    let mut i = 0;
    while i < suffixes.len() {
        let factor = suffixes[i].factor;
        let amount = smallest / factor;
        let shorter = best.0 == 0 || amount.abs() < best.0.unsigned_abs() as i128;
        if amount != 0
            && smallest % factor == 0
            && shorter
            && amount.unsigned_abs() <= i64::MAX as u128
        {
            #[allow(clippy::cast_possible_truncation, reason = "just compared")]
            {
                best = (amount as i64, suffixes[i].name);
            }
        }
        i += 1;
    }
    best
}

/// `value` in the largest unit that makes it whole: `45s`, `50MiB`, `200`.
#[must_use]
pub fn in_words(value: i64, unit: Unit) -> String {
    let (amount, suffix) = scale(value, unit);
    format!("{amount}{suffix}")
}

/// `text` with `value` behind it as it would be written in an attribute: `"45s"`, `1000`.
pub(crate) const fn write(text: Text, value: i64, unit: Unit) -> Text {
    let (amount, suffix) = scale(value, unit);
    if amount == value {
        text.int(value)
    } else {
        text.str("\"").int(amount).str(suffix).str("\"")
    }
}

/// Reads `text`, a number with a unit, as a number of `unit`s.
///
/// # Errors
/// If it is none: the text says why, to be put behind "`name` is "text", ".
pub(super) fn read(text: &str, unit: Unit) -> Result<i128, String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = unsigned
        .find(|c: char| !matches!(c, '0'..='9' | '_' | '.'))
        .unwrap_or(unsigned.len());
    let (number, name) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = [whole, fraction].concat().replace('_', "");
    let well_formed = whole.starts_with(|c: char| c.is_ascii_digit())
        && fraction.chars().all(|c| c.is_ascii_digit())
        && fraction.is_empty() != number.contains('.');
    if !well_formed {
        return Err(format!("but takes {}", unit.takes()));
    }
    let name = name.trim_start_matches(' ');
    let Some(suffix) = unit.suffixes().iter().find(|suffix| suffix.name == name) else {
        return Err(unknown(number, name, unit));
    };
    let too_large = || format!("which is too large for a {}", unit.counts());
    let parts = fraction
        .len()
        .try_into()
        .ok()
        .and_then(|places| 10_i128.checked_pow(places))
        .ok_or_else(too_large)?;
    let total = digits
        .parse::<i128>()
        .ok()
        .and_then(|digits| digits.checked_mul(suffix.factor))
        .ok_or_else(too_large)?;
    let one = parts.checked_mul(unit.base()).ok_or_else(too_large)?;
    if total % one != 0 {
        return Err(format!("which is not a whole {}", unit.counts()));
    }
    Ok(if negative {
        -(total / one)
    } else {
        total / one
    })
}

/// What is wrong with the unit `name` of `number`.
fn unknown(number: &str, name: &str, unit: Unit) -> String {
    let known = |suffixes: &[Suffix]| suffixes.iter().any(|suffix| suffix.name == name);
    match unit {
        Unit::Plain if name.is_empty() => {
            format!("but takes a number: write {number} without quotes")
        }
        Unit::Plain => format!("but takes a number without a unit: write {number}"),
        _ if name.is_empty() => {
            let example = unit.suffixes()[1].name;
            format!(
                "which has no unit: write {number} without quotes (a {}), or for instance \"{number}{example}\"",
                unit.counts()
            )
        }
        Unit::Millis | Unit::Seconds if known(SIZES) => {
            "which is a size, but takes a duration such as \"45s\"".into()
        }
        Unit::Bytes | Unit::Kibibytes if known(DURATIONS) => {
            "which is a duration, but takes a size such as \"50MiB\"".into()
        }
        _ => {
            let fits: Vec<_> = unit.suffixes().iter().map(|suffix| suffix.name).collect();
            format!(
                "but `{name}` is not a unit that fits: use one of {}",
                fits.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn durations_and_sizes_are_read_into_the_unit_of_the_setting() {
        for (text, unit, value) in [
            ("45s", Unit::Millis, 45_000),
            ("250ms", Unit::Millis, 250),
            ("5m", Unit::Millis, 300_000),
            ("1.5s", Unit::Millis, 1_500),
            ("0.001s", Unit::Millis, 1),
            ("1h", Unit::Seconds, 3_600),
            ("1500ms", Unit::Millis, 1_500),
            ("2000ms", Unit::Seconds, 2),
            ("1_000 ms", Unit::Millis, 1_000),
            ("-1ms", Unit::Millis, -1),
            ("50MiB", Unit::Bytes, 52_428_800),
            ("10kB", Unit::Bytes, 10_000),
            ("64KiB", Unit::Kibibytes, 64),
            ("1GiB", Unit::Kibibytes, 1_048_576),
        ] {
            assert_eq!(read(text, unit), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_or_size_says_why() {
        for (text, unit, part) in [
            (
                "45",
                Unit::Millis,
                "no unit: write 45 without quotes (a number of milliseconds)",
            ),
            (
                "45x",
                Unit::Millis,
                "`x` is not a unit that fits: use one of ms, s, m, h, d",
            ),
            (
                "50mib",
                Unit::Bytes,
                "use one of B, kB, KiB, MB, MiB, GB, GiB",
            ),
            ("50MiB", Unit::Millis, "is a size"),
            ("45s", Unit::Bytes, "is a duration"),
            ("10s", Unit::Plain, "without a unit: write 10"),
            ("10", Unit::Plain, "write 10 without quotes"),
            ("1.5ms", Unit::Millis, "not a whole number of milliseconds"),
            ("500ms", Unit::Seconds, "not a whole number of seconds"),
            ("1000B", Unit::Kibibytes, "not a whole number of KiB"),
            ("", Unit::Millis, "takes a duration"),
            ("fast", Unit::Millis, "takes a duration"),
            ("1.s", Unit::Millis, "takes a duration"),
            (".5s", Unit::Millis, "takes a duration"),
            ("1.2.3s", Unit::Millis, "takes a duration"),
            (
                "999999999999999999999999999999999999d",
                Unit::Millis,
                "too large",
            ),
            (
                "1.0000000000000000000000000000000000000000s",
                Unit::Millis,
                "too large",
            ),
        ] {
            let error = read(text, unit).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_value_is_said_in_its_shortest_unit() {
        for (value, unit, said) in [
            (45_000, Unit::Millis, (45, "s")),
            (1, Unit::Millis, (1, "ms")),
            (0, Unit::Millis, (0, "ms")),
            (3_600_000, Unit::Millis, (1, "h")),
            (52_428_800, Unit::Bytes, (50, "MiB")),
            (100_000_000, Unit::Bytes, (100, "MB")),
            (65_536, Unit::Kibibytes, (64, "MiB")),
            (7, Unit::Plain, (7, "")),
            (-1, Unit::Millis, (-1, "ms")),
        ] {
            assert_eq!(scale(value, unit), said);
        }
    }

    fn units() -> impl Strategy<Value = Unit> {
        select(vec![
            Unit::Millis,
            Unit::Seconds,
            Unit::Bytes,
            Unit::Kibibytes,
        ])
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(text in "\\PC{0,40}|-?[0-9_.]{0,45} ?[a-zA-Z]{0,3}", unit in units()) {
            let _ = read(&text, unit);
        }

        #[test]
        fn what_is_said_reads_back(value in any::<i64>(), unit in units()) {
            let (amount, suffix) = scale(value, unit);
            prop_assert_eq!(read(&format!("{amount}{suffix}"), unit), Ok(i128::from(value)));
        }

        #[test]
        fn a_fraction_is_exact(whole in 0_i64..1_000_000, thousandths in 0_i64..1_000) {
            let text = format!("{whole}.{thousandths:03}s");
            prop_assert_eq!(read(&text, Unit::Millis), Ok(i128::from(whole * 1_000 + thousandths)));
        }
    }
}
