//! One assignment of one partition: an epoch.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::Notify;

use super::presence::Presence;
use super::room::Share;
use crate::handler::FailureReason;
use crate::offset::{NextOffset, Offset, OffsetTracker, Ticket};

/// Why a partition was stopped.
#[derive(Clone, Debug)]
pub(crate) struct Halt {
    pub(crate) offset: Offset,
    pub(crate) reason: FailureReason,
    pub(crate) since: SystemTime,
}

/// A partition for as long as it is assigned to this member.
///
/// When it is revoked, this value is retired; when it comes back, a new one is made. So an
/// acknowledgement that comes late finds a retired partition, and moves nothing.
pub(crate) struct Partition {
    topic: Arc<str>,
    id: i32,
    epoch: u64,
    tracker: Mutex<OffsetTracker>,
    /// Who is between [`Partition::enter`] and the drop of the [`Running`].
    presence: Presence,
    halt: OnceLock<Halt>,
    /// Records that are waiting or being handled.
    share: Share,
    /// Whether it is not read yet, because a handler of an earlier assignment is still at work.
    waiting: AtomicBool,
    committed: AtomicI64,
    /// The high watermark: the offset of the next record that will be written.
    high: AtomicI64,
    /// Records that failed, and wait for another attempt or for their place in another topic.
    recovering: AtomicUsize,
    /// Until when what is under way is waited for, once it is being given up.
    leave_by: OnceLock<Instant>,
    /// Told when the partition is suspended or retired.
    left: Notify,
    /// Called when the last worker leaves a partition that is no longer active.
    on_idle: Box<dyn Fn() + Send + Sync>,
}

impl Partition {
    pub(crate) fn new(
        topic: Arc<str>,
        id: i32,
        epoch: u64,
        on_idle: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            topic,
            id,
            epoch,
            tracker: Mutex::default(),
            presence: Presence::default(),
            halt: OnceLock::new(),
            share: Share::default(),
            waiting: AtomicBool::new(false),
            committed: AtomicI64::new(-1),
            high: AtomicI64::new(-1),
            recovering: AtomicUsize::new(0),
            leave_by: OnceLock::new(),
            left: Notify::new(),
            on_idle: Box::new(on_idle),
        }
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn id(&self) -> i32 {
        self.id
    }

    /// Which assignment this is, unique in the process.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The tracker, to note deliveries of a whole batch under one lock.
    pub(crate) fn tracker(&self) -> MutexGuard<'_, OffsetTracker> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Settles records, and returns how many. The others' acknowledgements came after the partition was given up, or
    /// after they were delivered again, and are ignored.
    pub(crate) fn settle(&self, tickets: impl IntoIterator<Item = Ticket>) -> usize {
        if self.is_retired() {
            return 0;
        }
        self.tracker().settle(tickets)
    }

    /// Where to read on: all that was delivered below it is settled.
    pub(crate) fn position(&self) -> Option<NextOffset> {
        self.tracker().position()
    }

    pub(crate) fn committed(&self) -> Option<NextOffset> {
        known(&self.committed)
    }

    pub(crate) fn set_committed(&self, next: NextOffset) {
        self.committed.store(next.0, Ordering::Release);
    }

    pub(crate) fn set_high(&self, next: NextOffset) {
        self.high.store(next.0, Ordering::Release);
    }

    /// How many offsets lie between what is settled and the end of the partition; `None` as long as one
    /// of them is not known.
    pub(crate) fn lag(&self) -> Option<u64> {
        let high = known(&self.high)?;
        // Where nothing was ever written nothing is left to read, wherever reading begins.
        let unwritten = (high.0 == 0).then_some(high);
        let settled = self
            .position()
            .or_else(|| self.committed())
            .or_else(|| self.tracker().first_unsettled())
            .or(unwritten)?;
        u64::try_from((high.0 - settled.0).max(0)).ok()
    }

    /// Whether records of this partition may be handled.
    pub(crate) fn is_active(&self) -> bool {
        self.presence.is_active()
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.presence.is_retired()
    }

    /// Announces a worker. `None` if the partition is no longer active: nothing of it may be handled.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Running> {
        let may = self.presence.enter();
        let running = Running(Arc::clone(self));
        may.then_some(running)
    }

    /// Whether a worker is in it.
    pub(crate) fn is_running(&self) -> bool {
        self.presence.is_running()
    }

    /// Stops the partition because of a record that failed; the first reason stays.
    pub(crate) fn halt(&self, halt: Halt) {
        let _ = self.halt.set(halt);
        self.suspend();
    }

    /// Nothing more of it can be read; what was read before is still handled.
    pub(crate) fn end(&self, halt: Halt) {
        let _ = self.halt.set(halt);
    }

    /// Whether nothing more of it is to be read.
    pub(crate) fn is_stopped(&self) -> bool {
        !self.is_active() || self.halt.get().is_some()
    }

    pub(crate) fn halted(&self) -> Option<&Halt> {
        self.halt.get()
    }

    /// Ends this assignment: nothing of it will be started or settled any more.
    ///
    /// What is settled when the workers have left can still be committed by the one who retires it.
    pub(crate) fn retire(&self) {
        self.presence.retire();
        self.left.notify_waiters();
    }

    /// Stops starting records of this partition, but still takes the acknowledgements of those that
    /// are under way.
    pub(crate) fn suspend(&self) {
        self.presence.suspend();
        self.left.notify_waiters();
    }

    /// It is being given up: nothing more is started, and what is under way is waited for until `deadline`.
    pub(crate) fn leave_by(&self, deadline: Instant) {
        let _ = self.leave_by.set(deadline);
        self.suspend();
    }

    /// Whether it is being given up, and gone at `time`: what would only begin then need not be waited for.
    pub(crate) fn leaves_before(&self, time: Instant) -> bool {
        self.is_retired() || self.leave_by.get().is_some_and(|deadline| *deadline < time)
    }

    /// Whether it is being given up, or is gone.
    pub(crate) fn is_leaving(&self) -> bool {
        self.is_retired() || self.leave_by.get().is_some()
    }

    /// Returns once `condition` holds; it is looked at whenever the partition is suspended or retired.
    pub(crate) async fn until(&self, condition: impl Fn(&Self) -> bool) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if condition(self) {
                return;
            }
            left.await;
        }
    }

    /// Counts a record that failed and is not done with, until the value is dropped.
    pub(crate) fn recover(self: &Arc<Self>) -> Recovering {
        self.recovering.fetch_add(1, Ordering::Relaxed);
        Recovering(Arc::clone(self))
    }

    /// How many records failed, and wait for another attempt or for their place in another topic.
    pub(crate) fn recovering(&self) -> usize {
        self.recovering.load(Ordering::Relaxed)
    }

    /// Notes whether it is not read yet, because a handler of an earlier assignment is still at work.
    pub(crate) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What it has of its topic's buffer.
    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    pub(crate) fn held(&self) -> usize {
        self.share.held()
    }
}

/// A record that failed and is not done with.
pub(crate) struct Recovering(Arc<Partition>);

impl Drop for Recovering {
    fn drop(&mut self) {
        self.0.recovering.fetch_sub(1, Ordering::Relaxed);
    }
}

fn known(offset: &AtomicI64) -> Option<NextOffset> {
    Some(offset.load(Ordering::Acquire))
        .filter(|next| *next >= 0)
        .map(NextOffset)
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] (epoch {})", self.topic, self.id, self.epoch)
    }
}

/// A worker that handles records of a partition, for as long as this lives.
pub(crate) struct Running(Arc<Partition>);

impl Running {
    pub(crate) fn partition(&self) -> &Arc<Partition> {
        &self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.presence.leave() {
            (self.0.on_idle)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition() -> (Arc<Partition>, Arc<AtomicUsize>) {
        let idle = Arc::new(AtomicUsize::new(0));
        let on_idle = {
            let idle = Arc::clone(&idle);
            move || {
                idle.fetch_add(1, Ordering::SeqCst);
            }
        };
        (
            Arc::new(Partition::new(Arc::from("topic"), 0, 1, on_idle)),
            idle,
        )
    }

    #[test]
    fn a_partition_that_is_given_up_waits_for_who_is_in_and_lets_nobody_else_in() {
        let (partition, idle) = partition();
        let ticket = partition.tracker().deliver(Offset(5));
        let running = partition.enter().unwrap();
        partition.suspend();
        assert!(partition.enter().is_none());
        assert!(partition.is_running());
        assert_eq!(
            partition.settle([ticket]),
            1,
            "what is under way still counts"
        );
        idle.store(0, Ordering::SeqCst);
        drop(running);
        assert_eq!(idle.load(Ordering::SeqCst), 1, "and its end is told");
        assert_eq!(partition.position(), Some(NextOffset(6)));
    }

    #[test]
    fn an_acknowledgement_after_the_epoch_moves_nothing() {
        let (partition, _) = partition();
        let ticket = partition.tracker().deliver(Offset(5));
        partition.retire();
        assert_eq!(partition.settle([ticket]), 0);
        assert_eq!(partition.position(), None);
    }

    #[test]
    fn the_first_reason_to_halt_stays() {
        let (partition, _) = partition();
        for offset in [3, 4] {
            partition.halt(Halt {
                offset: Offset(offset),
                reason: FailureReason::Unacknowledged,
                since: SystemTime::now(),
            });
        }
        assert!(!partition.is_active());
        assert_eq!(partition.halted().unwrap().offset, Offset(3));
    }

    #[test]
    fn behind_the_end_nothing_is_read_and_before_it_all_is_handled() {
        let (partition, _) = partition();
        let halt = |offset| Halt {
            offset: Offset(offset),
            reason: FailureReason::Unacknowledged,
            since: SystemTime::now(),
        };
        assert!(!partition.is_stopped());
        partition.end(halt(9));
        assert!(partition.is_stopped());
        assert!(partition.enter().is_some());
        partition.halt(halt(4));
        assert!(
            partition.enter().is_none(),
            "a failure before it still halts"
        );
    }

    #[test]
    fn lag_is_from_what_is_settled_to_the_end() {
        let (partition, _) = partition();
        assert_eq!(partition.lag(), None);
        partition.set_high(NextOffset(0));
        assert_eq!(partition.lag(), Some(0), "nothing was ever written");
        partition.set_high(NextOffset(10));
        assert_eq!(partition.lag(), None, "unknown where it stands");
        partition.set_committed(NextOffset(4));
        assert_eq!(partition.lag(), Some(6));
        let ticket = partition.tracker().deliver(Offset(8));
        partition.settle([ticket]);
        assert_eq!(partition.lag(), Some(1));
    }
}
