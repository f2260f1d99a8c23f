//! The delays of retry topics, and the topics' names.

use super::duration::{find, millis};
use crate::setting::{Unit, unit};
use crate::text::Text;

/// How many retry topics a type may have.
pub const MAX_DELAYS: usize = 8;

/// The delays of a type's retry topics, in their order: `"10s,1m,10m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    millis: [i64; MAX_DELAYS],
    len: usize,
}

impl Delays {
    /// The shortest delay.
    pub const SHORTEST_MS: i64 = 100;
    /// The longest delay: Kafka keeps records for seven days, if nothing else is said (`log.retention.hours`).
    pub const LONGEST_MS: i64 = 6 * 86_400_000;

    /// No retry topics.
    pub const NONE: Self = Self {
        millis: [0; MAX_DELAYS],
        len: 0,
    };

    /// Reads durations separated by commas. `None` if `text` is something else, has more than [`MAX_DELAYS`],
    /// has one twice, or one out of [`SHORTEST_MS`](Self::SHORTEST_MS) to [`LONGEST_MS`](Self::LONGEST_MS).
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut delays = Self::NONE;
        let mut from = 0;
        loop {
            let to = find(bytes, from, b',');
            let Some(delay) = millis(bytes, from, to) else {
                return None;
            };
            if delays.len == MAX_DELAYS || delay < Self::SHORTEST_MS || delay > Self::LONGEST_MS {
                return None;
            }
            let mut i = 0;
            while i < delays.len {
                if delays.millis[i] == delay {
                    return None;
                }
                i += 1;
            }
            delays.millis[delays.len] = delay;
            delays.len += 1;
            if to == bytes.len() {
                return Some(delays);
            }
            from = to + 1;
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The delay at `index`, counted from 0, in milliseconds.
    #[must_use]
    pub const fn get(&self, index: usize) -> Option<i64> {
        if index < self.len {
            Some(self.millis[index])
        } else {
            None
        }
    }
}

/// The name of the retry topic with this delay, of a topic that a group consumes: `orders-billing-retry-10s`.
///
/// It has the group's name in it, since what one group could not handle is nothing to the others; and the delay
/// in its largest whole unit, so that `"60s"` and `"1m"` are the same topic.
#[must_use]
pub const fn retry_topic(topic: &str, group: &str, delay_ms: i64) -> Text {
    let (amount, suffix) = unit::scale(delay_ms, Unit::Millis);
    Text::new()
        .str(topic)
        .str("-")
        .str(group)
        .str("-retry-")
        .int(amount)
        .str(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_durations_with_commas() {
        let read = |text| Delays::parse(text).map(|delays| delays.millis[..delays.len].to_vec());
        assert_eq!(read("10s,1m,10m"), Some(vec![10_000, 60_000, 600_000]));
        assert_eq!(read("10s"), Some(vec![10_000]));
        for text in [
            "",
            ",",
            "10s,",
            ",10s",
            "10s, 1m",
            "10",
            "60s,1m",
            "50ms",
            "7d",
            "1s,2s,3s,4s,5s,6s,7s,8s,9s",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_delay_has_one_name() {
        let name = |delay| retry_topic("orders", "billing", delay).as_str().to_owned();
        assert_eq!(name(10_000), "orders-billing-retry-10s");
        assert_eq!(name(60_000), "orders-billing-retry-1m");
        assert_eq!(name(90_000), "orders-billing-retry-90s");
        assert_eq!(name(1_500), "orders-billing-retry-1500ms");
    }
}
