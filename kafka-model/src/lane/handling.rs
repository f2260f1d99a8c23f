//! What the workers of a topic are at, to see a handler that hangs.
//!
//! It is noted for each record, so it must cost next to nothing: a few plain stores into a place of the worker's
//! own, with a clock that the poll threads set several times a second.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::offset::Offset;

/// Milliseconds since the process first asked, as of the last [`tick`]. Never 0.
static NOW: AtomicU64 = AtomicU64::new(1);

/// Sets the clock. Poll threads do, in each turn.
pub(crate) fn tick(now: Instant) {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(|| now);
    let millis = now.saturating_duration_since(*start).as_millis();
    NOW.fetch_max(
        u64::try_from(millis).unwrap_or(u64::MAX).max(1),
        Ordering::Relaxed,
    );
}

/// The clock, in its milliseconds.
pub(super) fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// What one worker is at.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// Since when it is at work, by the clock; 0: it is not.
    since: AtomicU64,
    partition: AtomicI32,
    offset: AtomicI64,
    told: AtomicBool,
}

impl Slot {
    /// The worker begins with a record.
    pub(crate) fn begin(&self, partition: i32, offset: Offset) {
        self.partition.store(partition, Ordering::Relaxed);
        self.offset.store(offset.0, Ordering::Relaxed);
        self.told.store(false, Ordering::Relaxed);
        self.since.store(now(), Ordering::Release);
    }

    /// The worker is done with it.
    pub(crate) fn end(&self) {
        self.since.store(0, Ordering::Release);
    }

    fn hung(&self, longest: Duration) -> Option<Hung> {
        let since = self.since.load(Ordering::Acquire);
        let handling = Duration::from_millis(now().saturating_sub(since));
        if since == 0 || handling <= longest {
            return None;
        }
        let hung = Hung {
            partition: self.partition.load(Ordering::Relaxed),
            offset: Offset(self.offset.load(Ordering::Relaxed)),
            handling,
        };
        // What was read is of one record only if the worker is still at it.
        (self.since.load(Ordering::Acquire) == since).then_some(hung)
    }
}

/// A handler that has been at work on a record for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hung {
    pub(crate) partition: i32,
    pub(crate) offset: Offset,
    /// For how long.
    pub(crate) handling: Duration,
}

/// What all workers of a topic are at.
#[derive(Debug, Default)]
pub(crate) struct Handling(Mutex<Vec<Arc<Slot>>>);

impl Handling {
    /// A place for one more worker.
    pub(crate) fn slot(&self) -> Arc<Slot> {
        let slot = Arc::<Slot>::default();
        self.slots().push(Arc::clone(&slot));
        slot
    }

    /// The handlers that have been at one record for longer than `longest`.
    pub(crate) fn hung(&self, longest: Duration) -> Vec<Hung> {
        let slots = self.slots();
        slots.iter().filter_map(|slot| slot.hung(longest)).collect()
    }

    /// Those of them that this has not returned yet.
    pub(crate) fn newly_hung(&self, longest: Duration) -> Vec<Hung> {
        let slots = self.slots();
        let news = |slot: &&Arc<Slot>| !slot.told.load(Ordering::Relaxed);
        let hung = slots.iter().filter(news).filter_map(|slot| {
            let hung = slot.hung(longest)?;
            slot.told.store(true, Ordering::Relaxed);
            Some(hung)
        });
        hung.collect()
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_that_hangs_is_told_once_for_each_record() {
        let handling = Handling::default();
        let (slot, other) = (handling.slot(), handling.slot());
        let start = Instant::now();
        tick(start);
        let longest = Duration::from_secs(60);
        slot.begin(3, Offset(7));
        other.begin(4, Offset(8));
        other.end();
        assert_eq!(handling.newly_hung(longest), []);
        tick(start + Duration::from_secs(3_600));
        let hung = handling.newly_hung(longest);
        assert_eq!(hung.len(), 1);
        assert_eq!((hung[0].partition, hung[0].offset), (3, Offset(7)));
        assert!(hung[0].handling > longest);
        assert_eq!(handling.newly_hung(longest), [], "it was told");
        assert_eq!(handling.hung(longest).len(), 1, "but it still hangs");
        slot.end();
        assert_eq!(handling.hung(longest), []);
        slot.begin(3, Offset(8));
        tick(start + Duration::from_secs(7_200));
        assert_eq!(
            handling.newly_hung(longest).len(),
            1,
            "the next record is another"
        );
    }
}
