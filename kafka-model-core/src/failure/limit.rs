//! How much may go to a dead-letter topic.

use super::duration::{find, millis, number};

/// How much may go to a dead-letter topic before something else must be wrong than the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many of any 100 records in a row: `"20%"`.
    Share {
        /// From 1 to 99.
        percent: i64,
    },
    /// So many within any such time: `"100/1m"`.
    Rate {
        /// From 1 to [`Limit::MOST`].
        records: i64,
        /// In milliseconds, from a second to a day.
        per_ms: i64,
    },
}

impl Limit {
    /// The largest number of a [`Rate`](Self::Rate).
    pub const MOST: i64 = 100_000;

    /// Reads `"20%"` or `"100/1m"`. `None` if `text` is neither.
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let slash = find(bytes, 0, b'/');
        if slash < bytes.len() {
            return match (
                number(bytes, 0, slash),
                millis(bytes, slash + 1, bytes.len()),
            ) {
                (Some(records), Some(per_ms))
                    if 1 <= records
                        && records <= Self::MOST
                        && 1_000 <= per_ms
                        && per_ms <= 86_400_000 =>
                {
                    Some(Self::Rate { records, per_ms })
                }
                _ => None,
            };
        }
        let percent = find(bytes, 0, b'%');
        match number(bytes, 0, percent) {
            Some(percent) if 1 <= percent && percent <= 99 && bytes[bytes.len() - 1] == b'%' => {
                if find(bytes, 0, b'%') == bytes.len() - 1 {
                    Some(Self::Share { percent })
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_share_or_a_rate() {
        for (text, read) in [
            ("20%", Some(Limit::Share { percent: 20 })),
            (
                "100/1m",
                Some(Limit::Rate {
                    records: 100,
                    per_ms: 60_000,
                }),
            ),
            ("0%", None),
            ("100%", None),
            ("20", None),
            ("%", None),
            ("20%%", None),
            ("20%5", None),
            ("100/", None),
            ("/1m", None),
            ("0/1m", None),
            ("1/1ms", None),
            ("1000000/1m", None),
            ("", None),
        ] {
            assert_eq!(Limit::parse(text), read, "{text}");
        }
    }
}
