//! How much of a buffer is taken, and who wants to know when there is room again.
//!
//! The poll thread looks for room, asks to be told if there is none, and looks again; a worker first gives its
//! place back and then looks whether somebody asked. So either the poll thread sees the room, or the worker sees
//! the request. For that all of these accesses are in one order, `SeqCst`.

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// The places of a buffer.
#[derive(Debug)]
pub(crate) struct Room {
    capacity: usize,
    byte_capacity: usize,
    /// How many records can be handled at once.
    handlers: usize,
    held: AtomicUsize,
    held_bytes: AtomicUsize,
    /// The poll thread left records in a queue because there was no room.
    starved: AtomicBool,
    /// Who waits for work, and would take any single record that there is room for.
    hungry: AtomicUsize,
}

/// What one partition has of a buffer's places.
#[derive(Debug, Default)]
pub(crate) struct Share {
    held: AtomicUsize,
    /// The poll thread left records in the queue, because too many of this partition are held: it wants to know
    /// when fewer than this are. 0: it does not.
    starved: AtomicUsize,
}

impl Share {
    /// How many records are held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

impl Room {
    /// For `capacity` records and, of more than one record, `byte_capacity` bytes, of which so many handlers take.
    pub(crate) fn new(capacity: usize, byte_capacity: usize, handlers: usize) -> Self {
        Self {
            capacity,
            byte_capacity,
            handlers,
            held: AtomicUsize::new(0),
            held_bytes: AtomicUsize::new(0),
            starved: AtomicBool::new(false),
            hungry: AtomicUsize::new(0),
        }
    }

    /// How many records are held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// How many more records of a partition, of `partitions` that share this buffer, there is room for.
    ///
    /// A partition may use what is free of the first half. The other half is divided among the others, so
    /// that however many are stuck, the rest have room; also where the bytes are used up. Of more partitions than the
    /// half has places, as many have one as it has: records that come one by one cost several times as much. But the
    /// handlers of a small buffer are to have something each.
    pub(crate) fn of(&self, share: &Share, partitions: usize) -> usize {
        let (held, all) = (share.held(), self.held());
        if all > 0 && self.held_bytes.load(Ordering::SeqCst) >= self.byte_capacity {
            return usize::from(held == 0 && all < self.capacity);
        }
        let others = partitions.saturating_sub(1);
        let (own, common) = match others {
            0 => (self.capacity, self.capacity),
            _ => {
                let half = self.capacity / 2;
                let own = (half / others).max(1);
                let kept = (others * own).min(half.max(self.handlers));
                (own, self.capacity.saturating_sub(kept).min(half))
            }
        };
        own.saturating_sub(held)
            .max(common.saturating_sub(all))
            .min(self.capacity.saturating_sub(all))
    }

    /// How many records of `size` bytes each the bytes that are left are enough for: one at least.
    pub(crate) fn fitting(&self, size: usize) -> usize {
        let held = self.held_bytes.load(Ordering::SeqCst);
        let left = self.byte_capacity.saturating_sub(held);
        left.checked_div(size).unwrap_or(usize::MAX).max(1)
    }

    /// The room that `look` finds; if there is none, the poll thread will be told when there is some.
    pub(crate) fn look_or_ask(&self, share: &Share, look: impl Fn() -> usize) -> usize {
        let room = look();
        if room > 0 {
            return room;
        }
        share.starved.store(share.held() / 2 + 1, Ordering::SeqCst);
        self.starved.store(true, Ordering::SeqCst);
        // A worker may have made room between the look and the request.
        let room = look();
        if room > 0 {
            share.starved.store(0, Ordering::SeqCst);
        }
        room
    }

    /// Takes places.
    pub(crate) fn hold(&self, share: &Share, records: usize, bytes: usize) {
        share.held.fetch_add(records, Ordering::SeqCst);
        self.held.fetch_add(records, Ordering::SeqCst);
        self.held_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Gives places back. Whether the poll thread is to be told.
    #[must_use]
    pub(crate) fn release(&self, share: &Share, records: usize, bytes: usize) -> bool {
        self.held_bytes.fetch_sub(bytes, Ordering::SeqCst);
        let left = self.held.fetch_sub(records, Ordering::SeqCst) - records;
        // Last, since the poll thread asks to be told of fewer than it sees here: what it no longer sees must make
        // room for it.
        let left_here = share.held.fetch_sub(records, Ordering::SeqCst) - records;
        // Half empty is early enough to keep the handlers busy, and rare enough to be cheap.
        let enough = left <= self.capacity / 2 || self.hungry.load(Ordering::SeqCst) > 0;
        if enough && self.starved.load(Ordering::SeqCst) {
            self.starved.swap(false, Ordering::SeqCst)
        } else {
            left_here < share.starved.load(Ordering::SeqCst)
                && share.starved.swap(0, Ordering::SeqCst) > 0
        }
    }

    /// Someone waits for work, and would take any single record, until [`fed`](Self::fed). Whether the poll
    /// thread is to be told: there may be room already, of which nobody told it.
    #[must_use]
    pub(crate) fn hunger(&self) -> bool {
        self.hungry.fetch_add(1, Ordering::SeqCst);
        self.starved.swap(false, Ordering::SeqCst)
    }

    /// Someone who was hungry is no more.
    pub(crate) fn fed(&self) {
        self.hungry.fetch_sub(1, Ordering::SeqCst);
    }
}
