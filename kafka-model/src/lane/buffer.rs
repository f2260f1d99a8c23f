//! The bounded buffer of one topic.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::schedule::{Item, Place, Schedule};
use crate::record::{Batch, Origin};

/// Some records of one batch that are handled one after the other.
pub(crate) struct Work {
    pub(crate) batch: Arc<Batch>,
    pub(crate) range: Range<usize>,
}

impl Work {
    pub(crate) fn origin(&self, index: usize) -> Origin {
        Origin {
            batch: Arc::clone(&self.batch),
            index,
        }
    }

    fn bytes(&self) -> usize {
        self.range.clone().map(|index| self.batch.size(index)).sum()
    }
}

impl Item for Work {
    fn epoch(&self) -> u64 {
        self.batch.partition().epoch()
    }
}

/// The records of one topic that wait for a handler, and those that are being handled: never more than
/// `max_buffered` together.
pub(crate) struct Buffer {
    schedule: Mutex<Schedule<Work>>,
    ready: Notify,
    closed: AtomicBool,
    capacity: usize,
    byte_capacity: usize,
    held: AtomicUsize,
    held_bytes: AtomicUsize,
    /// The poll thread left records in a queue because this buffer was full.
    starved: AtomicBool,
    /// Tells the poll thread that there is room again.
    on_room: Box<dyn Fn() + Send + Sync>,
}

impl Buffer {
    /// A buffer for `capacity` records and, of more than one record, `byte_capacity` bytes.
    pub(crate) fn new(
        capacity: usize,
        byte_capacity: usize,
        on_room: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            schedule: Mutex::default(),
            ready: Notify::new(),
            closed: AtomicBool::new(false),
            capacity,
            byte_capacity,
            held: AtomicUsize::new(0),
            held_bytes: AtomicUsize::new(0),
            starved: AtomicBool::new(false),
            on_room: Box::new(on_room),
        }
    }

    /// How many more records of a partition, of `partitions` that share this buffer, may be added, if `held` of
    /// it are held already.
    ///
    /// A partition has a fair share of the buffer to itself; beyond it, it may use what is free of the
    /// first half, so that one that is stuck leaves the others room.
    pub(crate) fn room(&self, held: usize, partitions: usize) -> usize {
        let all = self.held.load(Ordering::SeqCst);
        if all > 0 && self.held_bytes.load(Ordering::SeqCst) >= self.byte_capacity {
            return 0;
        }
        let share = (self.capacity / partitions.max(1))
            .max(1)
            .saturating_sub(held);
        let common = (self.capacity / 2).saturating_sub(all);
        share.max(common).min(self.capacity.saturating_sub(all))
    }

    /// Asks to be told by `on_room` when there is room again.
    pub(crate) fn set_starved(&self, starved: bool) {
        self.starved.store(starved, Ordering::SeqCst);
    }

    /// Adds records. There must be room, or the records be meant to displace others.
    pub(crate) fn push(&self, items: impl IntoIterator<Item = (Place, Work)>) {
        let mut wake = 0;
        {
            let mut schedule = self.schedule();
            for (place, work) in items {
                let records = work.range.len();
                work.batch.partition().hold(records);
                self.held.fetch_add(records, Ordering::SeqCst);
                self.held_bytes.fetch_add(work.bytes(), Ordering::SeqCst);
                wake += usize::from(schedule.push(place, work));
            }
        }
        for _ in 0..wake {
            self.ready.notify_one();
        }
    }

    /// The next work, as soon as there is some; `None` once the buffer is closed.
    pub(crate) async fn next(&self) -> Option<(Place, Work)> {
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(next) = self.schedule().take() {
                return Some(next);
            }
            let notified = self.ready.notified();
            tokio::pin!(notified);
            // From here on a push wakes this very worker. A permit alone would not do: of two pushes that
            // find no waiter only one is kept.
            notified.as_mut().enable();
            if self.closed.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(next) = self.schedule().take() {
                return Some(next);
            }
            notified.await;
        }
    }

    /// Gives back the lane that work was taken from.
    pub(crate) fn done(&self, place: Place) {
        if self.schedule().done(place) {
            self.ready.notify_one();
        }
    }

    /// A record of `batch` is no longer held: it was handled, or given up.
    pub(crate) fn release(&self, batch: &Batch, index: usize) {
        self.release_all(batch, index..index + 1);
    }

    /// The same for several records.
    pub(crate) fn release_all(&self, batch: &Batch, range: Range<usize>) {
        let records = range.len();
        if records == 0 {
            return;
        }
        let bytes: usize = range.map(|index| batch.size(index)).sum();
        let partition = batch.partition();
        let left_here = partition.release(records);
        self.held_bytes.fetch_sub(bytes, Ordering::SeqCst);
        let left = self.held.fetch_sub(records, Ordering::SeqCst) - records;
        // Half empty is early enough to keep the handlers busy, and rare enough to be cheap.
        if left <= self.capacity / 2 && self.starved.load(Ordering::SeqCst) {
            if self.starved.swap(false, Ordering::SeqCst) {
                (self.on_room)();
            }
        } else if partition.take_starved(left_here) {
            (self.on_room)();
        }
    }

    /// Removes what waits of an assignment; returns how many records that were.
    pub(crate) fn purge(&self, epoch: u64) -> usize {
        let purged = self.schedule().purge(epoch);
        let mut records = 0;
        for work in purged {
            records += work.range.len();
            self.release_all(&work.batch, work.range.clone());
        }
        records
    }

    /// Takes back what has waited longest, to make room.
    pub(crate) fn pop_oldest(&self) -> Option<Work> {
        let work = self.schedule().pop_oldest()?;
        self.release_all(&work.batch, work.range.clone());
        Some(work)
    }

    /// How many records are held: waiting or being handled.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Ends the waiting of all workers; what waits stays unhandled.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.ready.notify_waiters();
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule<Work>> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
