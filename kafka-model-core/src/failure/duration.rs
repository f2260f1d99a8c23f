//! Durations that stand inside a text, as in `"100ms..10s"`.

/// How many milliseconds the duration at `bytes[from..to]` has: digits and one of `ms`, `s`, `m`, `h`, `d`.
pub(super) const fn millis(bytes: &[u8], from: usize, to: usize) -> Option<i64> {
    let mut at = from;
    let mut number = 0_i64;
    while at < to && bytes[at].is_ascii_digit() {
        let digit = (bytes[at] - b'0') as i64;
        number = match number.checked_mul(10) {
            Some(tens) => match tens.checked_add(digit) {
                Some(number) => number,
                None => return None,
            },
            None => return None,
        };
        at += 1;
    }
    if at == from {
        return None;
    }
    let factor = match (to - at, if at < to { bytes[at] } else { 0 }) {
        (2, b'm') if bytes[at + 1] == b's' => 1,
        (1, b's') => 1_000,
        (1, b'm') => 60_000,
        (1, b'h') => 3_600_000,
        (1, b'd') => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Where `byte` is first found in `bytes` from `from` on; else their end.
pub(super) const fn find(bytes: &[u8], from: usize, byte: u8) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != byte {
        at += 1;
    }
    at
}

/// The whole number at `bytes[from..to]`.
pub(super) const fn number(bytes: &[u8], from: usize, to: usize) -> Option<i64> {
    let mut at = from;
    let mut number = 0_i64;
    while at < to {
        if !bytes[at].is_ascii_digit() || number > i64::MAX / 100 {
            return None;
        }
        number = number * 10 + (bytes[at] - b'0') as i64;
        at += 1;
    }
    if at == from { None } else { Some(number) }
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn a_duration_is_digits_and_a_unit() {
        for (text, value) in [
            ("100ms", Some(100)),
            ("10s", Some(10_000)),
            ("1m", Some(60_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("", None),
            ("10", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("1 s", None),
            ("10sec", None),
            ("99999999999999999999s", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(millis(text.as_bytes(), 0, text.len()), value, "{text}");
        }
    }
}
