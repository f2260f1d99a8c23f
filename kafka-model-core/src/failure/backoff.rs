//! How long is waited between two attempts.

use super::duration::{find, millis};

/// The waits between attempts: they begin with `min_ms` and double up to `max_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait, in milliseconds.
    pub min_ms: i64,
    /// The longest wait, in milliseconds.
    pub max_ms: i64,
}

impl Backoff {
    /// The longest wait that there may be: what waits longer belongs into a retry topic.
    pub const LONGEST_MS: i64 = 3_600_000;

    /// Reads `"100ms..10s"`, or `"1s"` for waits that do not grow. `None` if `text` is neither, is above
    /// [`LONGEST_MS`](Self::LONGEST_MS), or ends below where it begins.
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let dots = find(bytes, 0, b'.');
        let (Some(min_ms), Some(max_ms)) = (
            millis(bytes, 0, dots),
            if dots == bytes.len() {
                millis(bytes, 0, dots)
            } else if dots + 1 < bytes.len() && bytes[dots + 1] == b'.' {
                millis(bytes, dots + 2, bytes.len())
            } else {
                None
            },
        ) else {
            return None;
        };
        if 1 <= min_ms && min_ms <= max_ms && max_ms <= Self::LONGEST_MS {
            Some(Self { min_ms, max_ms })
        } else {
            None
        }
    }

    /// The wait after the attempt of this number, counted from 1, in milliseconds.
    #[must_use]
    pub const fn wait_ms(self, attempt: u32) -> i64 {
        let doublings = attempt.saturating_sub(1);
        // 2^22 milliseconds are above the longest wait already.
        let doublings = if doublings > 22 { 22 } else { doublings };
        let wait = self.min_ms << doublings;
        if wait < self.max_ms {
            wait
        } else {
            self.max_ms
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_is_a_range_or_one_wait() {
        let backoff = |min_ms, max_ms| Some(Backoff { min_ms, max_ms });
        for (text, read) in [
            ("100ms..10s", backoff(100, 10_000)),
            ("1s", backoff(1_000, 1_000)),
            ("1s..1s", backoff(1_000, 1_000)),
            ("10s..1s", None),
            ("0ms..1s", None),
            ("1s..2h", None),
            ("1s.2s", None),
            ("1s...2s", None),
            ("..2s", None),
            ("1s..", None),
            ("1s-2s", None),
            ("", None),
        ] {
            assert_eq!(Backoff::parse(text), read, "{text}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff {
            min_ms: 100,
            max_ms: 1_000,
        };
        let waits: Vec<_> = (1..=6).map(|attempt| backoff.wait_ms(attempt)).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(backoff.wait_ms(u32::MAX), 1_000);
    }
}
