//! What handlers did, and when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka_model::Record;

/// A record, by its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The key.
    pub key: Vec<u8>,
}

impl Spot {
    /// The place of a record.
    #[must_use]
    pub fn of<T>(record: &Record<T>) -> Self {
        Self {
            partition: record.partition(),
            offset: record.offset(),
            key: record.key().unwrap_or_default().to_vec(),
        }
    }
}

/// Notes which records are being handled, for as long as the handlers hold what [`Trace::enter`] gave.
/// Its clones are the same trace.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    noted: Arc<Mutex<Noted>>,
}

#[derive(Debug, Default)]
struct Noted {
    running: Vec<Spot>,
    most: usize,
    started: Vec<Spot>,
    overlaps: Vec<(Spot, Spot)>,
}

/// A handler at work.
#[derive(Debug)]
pub struct AtWork {
    trace: Trace,
    spot: Spot,
}

impl Trace {
    /// A handler begins with a record.
    #[must_use]
    pub fn enter<T>(&self, record: &Record<T>) -> AtWork {
        let spot = Spot::of(record);
        let mut noted = self.noted();
        let Noted {
            running,
            overlaps,
            started,
            most,
        } = &mut *noted;
        overlaps.extend(running.iter().map(|other| (other.clone(), spot.clone())));
        running.push(spot.clone());
        *most = running.len().max(*most);
        started.push(spot.clone());
        drop(noted);
        AtWork {
            trace: self.clone(),
            spot,
        }
    }

    /// How many records were begun.
    #[must_use]
    pub fn count(&self) -> usize {
        self.noted().started.len()
    }

    /// The records that were begun, in that order.
    #[must_use]
    pub fn started(&self) -> Vec<Spot> {
        self.noted().started.clone()
    }

    /// How many records were handled at once, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.noted().most
    }

    /// The pairs of records that were handled at once: the second was begun while the first was not
    /// done.
    #[must_use]
    pub fn overlaps(&self) -> Vec<(Spot, Spot)> {
        self.noted().overlaps.clone()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut noted = self.trace.noted();
        if let Some(index) = noted.running.iter().position(|other| *other == self.spot) {
            noted.running.swap_remove(index);
        }
    }
}
