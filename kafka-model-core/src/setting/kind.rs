//! What values a setting takes.

use crate::features::Feature;

/// The unit of a number, and so the suffixes that it may be written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    Plain,
    /// Milliseconds: also `"250ms"`, `"45s"`, `"5m"`, `"1h"`, `"1d"`.
    Millis,
    /// Seconds: also `"45s"`, `"5m"`, `"1h"`, `"1d"`.
    Seconds,
    /// Bytes: also `"512B"`, `"64KiB"`, `"50MiB"`, `"1GiB"`, `"10kB"`, `"10MB"`, `"1GB"`.
    Bytes,
    /// Kibibytes: the same suffixes, if the size is a whole number of KiB.
    Kibibytes,
}

/// One of the values of a [`Kind::Choice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is written.
    pub name: &'static str,
    /// The crate feature that it needs.
    pub feature: Option<Feature>,
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number from `min` to `max`, both included.
    Int {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
        /// Its unit.
        unit: Unit,
    },
    /// A number from `min` to `max`, both included.
    Float {
        /// The smallest value.
        min: f64,
        /// The largest value.
        max: f64,
        /// Its unit.
        unit: Unit,
    },
    /// Any text.
    Text,
    /// One of a list; case does not matter to librdkafka, and is brought to the list's here.
    Choice(&'static [Choice]),
    /// A comma-separated selection from a list.
    Flags(&'static [&'static str]),
    /// A comma-separated list of regular expressions.
    Patterns,
    /// The name of a topic.
    Topic,
    /// A time to wait, or where such times begin and end: `"1s"`, `"100ms..10s"`
    /// ([`Backoff`](crate::failure::Backoff)).
    Backoff,
    /// Times to wait, one after the other: `["10s", "1m"]` ([`Delays`](crate::failure::Delays)).
    Delays,
    /// A share or a rate: `"20%"`, `"100/1m"` ([`Limit`](crate::failure::Limit)).
    Limit,
    /// Nothing that an attribute could give: a callback or a pointer.
    Callback,
}
