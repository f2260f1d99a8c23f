//! What wakes a poll thread.

use std::time::Duration;

use crate::native::Wake;
use crate::sync::{AtomicU32, Mutex, Ordering, PoisonError, Thread, current, park_timeout};

/// The consumer's own queue has events: rebalances, errors, logs.
pub(crate) const EVENTS: u32 = u32::MAX;
/// A commit was answered.
pub(crate) const COMMITS: u32 = u32::MAX - 1;

/// The cluster has described the topics.
pub(crate) const TOPICS: u32 = u32::MAX - 2;

/// Something was asked for, or a worker left a partition: look at everything that is not a queue.
const CONTROL: u32 = 1 << 2;
/// A buffer has room again.
const ROOM: u32 = 1 << 3;

/// Why a poll thread was woken.
#[derive(Debug, Default)]
pub(crate) struct Woken {
    flags: u32,
    /// The tokens of the partition queues that have something to read.
    pub(crate) queues: Vec<u32>,
}

impl Woken {
    pub(crate) fn room(&self) -> bool {
        self.flags & ROOM != 0
    }

    fn is_empty(&self) -> bool {
        self.flags == 0 && self.queues.is_empty()
    }
}

/// Wakes one poll thread, from librdkafka's threads and from workers.
#[derive(Debug, Default)]
pub(crate) struct Waker {
    thread: Mutex<Option<Thread>>,
    flags: AtomicU32,
    queues: Mutex<Vec<u32>>,
}

impl Waker {
    /// The current thread is the one to wake.
    pub(crate) fn attach(&self) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(current());
    }

    /// Wakes the thread to look at what was asked for.
    pub(crate) fn control(&self) {
        self.raise(CONTROL);
    }

    /// Wakes the thread because a buffer has room.
    pub(crate) fn room(&self) {
        self.raise(ROOM);
    }

    /// Why the thread was woken since the last call.
    pub(crate) fn take(&self) -> Woken {
        Woken {
            flags: self.flags.swap(0, Ordering::SeqCst),
            queues: std::mem::take(
                &mut *self.queues.lock().unwrap_or_else(PoisonError::into_inner),
            ),
        }
    }

    /// Waits until there is a reason to wake, but at most `timeout`: a wake-up that is lost is a delay,
    /// never a stall.
    pub(crate) fn wait(&self, timeout: Duration) -> Woken {
        let woken = self.take();
        if !woken.is_empty() {
            return woken;
        }
        park_timeout(timeout);
        self.take()
    }

    fn raise(&self, flag: u32) {
        if self.flags.fetch_or(flag, Ordering::SeqCst) & flag == 0 {
            self.unpark();
        }
    }

    fn unpark(&self) {
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }
}

impl Wake for Waker {
    fn wake(&self, token: u32) {
        match token {
            EVENTS => self.raise(1 << 0),
            COMMITS => self.raise(1 << 1),
            TOPICS => self.raise(1 << 4),
            queue => {
                self.queues
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(queue);
                self.unpark();
            }
        }
    }
}
