//! Which records of a partition are settled, and what may be committed.

mod committer;
mod tracker;

pub(crate) use committer::{Committer, Position};
pub(crate) use tracker::{OffsetTracker, Ticket};

use std::fmt;

/// The offset of a record that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offset(pub(crate) i64);

/// The offset of the next record to read: what Kafka calls a *committed* offset.
///
/// A type of its own, because it is one more than the offset of the last record that is settled, and
/// mixing the two up loses or repeats a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NextOffset(pub(crate) i64);

impl Offset {
    /// Where to read on after this record.
    pub(crate) const fn next(self) -> NextOffset {
        NextOffset(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for NextOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
