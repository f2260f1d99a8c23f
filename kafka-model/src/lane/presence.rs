//! Whether records of a partition may be started, and whether someone is at work on some.

use crate::sync::{AtomicU8, AtomicUsize, Ordering};

const ACTIVE: u8 = 0;
const SUSPENDED: u8 = 1;
const RETIRED: u8 = 2;

/// The phase of a partition, and how many workers are in it.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    phase: AtomicU8,
    /// Workers that are between [`enter`](Self::enter) and [`leave`](Self::leave).
    running: AtomicUsize,
}

impl Presence {
    /// Announces a worker. `false`: it may start nothing. Either way it must [`leave`](Self::leave).
    pub(crate) fn enter(&self) -> bool {
        // First announced, then checked: who retires does it in the opposite order, so that either this worker
        // sees the retirement, or the one who retires sees this worker.
        self.running.fetch_add(1, Ordering::SeqCst);
        self.is_active()
    }

    /// A worker is gone. Whether it was the last in a partition that is no longer active: who gives it up wants
    /// to know.
    pub(crate) fn leave(&self) -> bool {
        self.running.fetch_sub(1, Ordering::SeqCst) == 1 && !self.is_active()
    }

    /// Nothing more is started, but what is under way still counts.
    pub(crate) fn suspend(&self) {
        let _ = self
            .phase
            .compare_exchange(ACTIVE, SUSPENDED, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Nothing more is started, and nothing counts any more.
    pub(crate) fn retire(&self) {
        self.phase.store(RETIRED, Ordering::SeqCst);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == ACTIVE
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == RETIRED
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }
}
