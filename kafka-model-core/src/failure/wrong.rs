//! Why a text is no backoff, no delays, no limit: to be said in an error.

use super::duration::millis;
use super::{Backoff, Delays, Limit, MAX_DELAYS};
use crate::setting::{Unit, unit};

/// Why `text` is no [`Backoff`].
pub(crate) fn backoff(text: &str) -> String {
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (first, last),
        None => (text, text),
    };
    let (min, max) = match (duration(first), duration(last)) {
        (Ok(min), Ok(max)) => (min, max),
        (Err(why), _) | (_, Err(why)) => return why,
    };
    if min == 0 {
        format!("`{first}` is no wait")
    } else if min > max {
        format!("`{last}` is below `{first}`")
    } else {
        above(last, Backoff::LONGEST_MS)
    }
}

/// Why `text` is no [`Delays`].
pub(crate) fn delays(text: &str) -> String {
    let mut read: Vec<(i64, &str)> = Vec::new();
    for item in text.split(',') {
        let delay = match duration(item) {
            Ok(delay) => delay,
            Err(why) => return why,
        };
        if delay < Delays::SHORTEST_MS {
            return format!("`{item}` is below {}", shown(Delays::SHORTEST_MS));
        }
        if delay > Delays::LONGEST_MS {
            return above(item, Delays::LONGEST_MS);
        }
        match read.iter().find(|(other, _)| *other == delay) {
            Some((_, other)) if *other == item => return format!("`{item}` is in it twice"),
            Some((_, other)) => return format!("`{other}` and `{item}` are the same"),
            None => read.push((delay, item)),
        }
    }
    format!("those are {}, more than {MAX_DELAYS}", read.len())
}

/// Why `text` is no [`Limit`].
pub(crate) fn limit(text: &str) -> String {
    let whole = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().unwrap_or(i64::MAX))
    };
    if let Some((records, time)) = text.split_once('/') {
        let Some(records) = whole(records) else {
            return format!("`{}` is no number of records", records.escape_debug());
        };
        if !(1..=Limit::MOST).contains(&records) {
            return format!("{records} is not from 1 to {}", Limit::MOST);
        }
        return match duration(time) {
            Ok(_) => format!("`{time}` is not from 1s to 1d"),
            Err(why) => why,
        };
    }
    match (text.strip_suffix('%').map(whole), whole(text)) {
        (Some(Some(_)), _) => "a share is from 1% to 99%".to_owned(),
        (Some(None), _) => "a share is a whole number of percent".to_owned(),
        (None, Some(_)) => format!(
            "that says neither of what nor in what time: write \"{text}%\" or \"{text}/1m\""
        ),
        (None, None) => "that is neither".to_owned(),
    }
}

/// The milliseconds of `text`; or why it is no duration.
fn duration(text: &str) -> Result<i64, String> {
    if let Some(duration) = millis(text.as_bytes(), 0, text.len()) {
        return Ok(duration);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let shown = text.escape_debug();
    Err(match text.len() {
        0 => "a duration is missing".to_owned(),
        all if digits == all => format!("`{shown}` has no unit: write for instance `{shown}ms`"),
        _ if digits > 18 => format!("`{shown}` is too long"),
        _ => format!("`{shown}` is no duration such as `10s`"),
    })
}

fn above(text: &str, longest_ms: i64) -> String {
    format!("`{text}` is above {}", shown(longest_ms))
}

fn shown(millis: i64) -> String {
    let (amount, suffix) = unit::scale(millis, Unit::Millis);
    format!("{amount}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            ("10s..1s", "`1s` is below `10s`"),
            ("0ms..1s", "`0ms` is no wait"),
            ("1s..2h", "`2h` is above 1h"),
            ("2h", "`2h` is above 1h"),
            ("1s..", "a duration is missing"),
            ("100..10s", "`100` has no unit: write for instance `100ms`"),
            ("1s-10s", "`1s-10s` is no duration such as `10s`"),
            ("1s...2s", "`.2s` is no duration such as `10s`"),
            ("", "a duration is missing"),
        ] {
            assert_eq!(Backoff::parse(text), None);
            assert_eq!(backoff(text), why, "{text}");
        }
        for (text, why) in [
            ("60s,1m", "`60s` and `1m` are the same"),
            ("1m,1m", "`1m` is in it twice"),
            ("1s,50ms", "`50ms` is below 100ms"),
            ("7d", "`7d` is above 6d"),
            ("1s,,2s", "a duration is missing"),
            ("1s,2s,3s,4s,5s,6s,7s,8s,9s", "those are 9, more than 8"),
            ("10s, 1m", "` 1m` is no duration such as `10s`"),
        ] {
            assert_eq!(Delays::parse(text), None);
            assert_eq!(delays(text), why, "{text}");
        }
        for (text, why) in [
            ("0%", "a share is from 1% to 99%"),
            ("0.5%", "a share is a whole number of percent"),
            (
                "20",
                "that says neither of what nor in what time: write \"20%\" or \"20/1m\"",
            ),
            ("many", "that is neither"),
            ("0/1m", "0 is not from 1 to 100000"),
            ("few/1m", "`few` is no number of records"),
            ("10/m", "`m` is no duration such as `10s`"),
            ("10/100ms", "`100ms` is not from 1s to 1d"),
        ] {
            assert_eq!(Limit::parse(text), None);
            assert_eq!(limit(text), why, "{text}");
        }
    }
}
