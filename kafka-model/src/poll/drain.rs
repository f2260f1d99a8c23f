//! Finishing what is under way before partitions are given up.

use std::time::{Duration, Instant};

use super::assignment::{Assigned, Assignment};
use crate::offset::{Committer, Position};
use crate::runtime::Delivery;

/// How long the last commit may take after the handlers are done.
const COMMIT_TIME: Duration = Duration::from_secs(5);
/// The wait before the last commit is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// What to do next.
pub(crate) enum Step {
    /// Wait: handlers are at work, or a commit is under way.
    Wait,
    /// Commit these.
    Commit(Vec<Position>),
    /// Give the partitions up.
    Done,
}

/// Partitions that are being given up: they are no longer read, nothing of them is started, what is
/// under way is waited for until the deadline, and then what is settled is committed.
pub(crate) struct Drain {
    pub(crate) tokens: Vec<u32>,
    deadline: Instant,
    commit_deadline: Option<Instant>,
    retry_at: Option<Instant>,
    hopeless: bool,
    /// Whether a commit of this drain's own was sent.
    sent: bool,
}

impl Drain {
    /// Begins to drain `tokens`, until `deadline`.
    pub(crate) fn begin(assignment: &mut Assignment, tokens: Vec<u32>, deadline: Instant) -> Self {
        for token in &tokens {
            if let Some(assigned) = assignment.get_mut(*token) {
                assigned.leaving = true;
                // What was committed before it is handled would be lost if it were dropped now.
                if assigned.topic.settings.delivery == Delivery::AtLeastOnce {
                    assigned.partition.leave_by(deadline);
                    assigned.topic.buffer.purge(assigned.partition.epoch());
                }
            }
        }
        Self {
            tokens,
            deadline,
            commit_deadline: None,
            retry_at: None,
            hopeless: false,
            sent: false,
        }
    }

    /// Ends the wait for handlers at `deadline`, if that is sooner.
    pub(crate) fn hurry(&mut self, deadline: Instant) {
        self.deadline = self.deadline.min(deadline);
    }

    /// The last commit failed. `hopeless`: trying again cannot help, if it was sent since the drain began. One from
    /// before may have been of the generation before, and says nothing of the next.
    pub(crate) fn commit_failed(&mut self, now: Instant, hopeless: bool) {
        self.hopeless |= hopeless && self.sent;
        self.retry_at = Some(now + RETRY);
    }

    /// What to do next.
    pub(crate) fn step(
        &mut self,
        assignment: &Assignment,
        committer: &Committer,
        now: Instant,
    ) -> Step {
        let leaving: Vec<_> = self
            .tokens
            .iter()
            .filter_map(|token| assignment.get(*token))
            .collect();
        if now < self.deadline
            && !leaving
                .iter()
                .all(|assigned| is_drained(assigned, self.hopeless))
        {
            return Step::Wait;
        }
        let commit_deadline = *self.commit_deadline.get_or_insert(now + COMMIT_TIME);
        if committer.is_busy() && now < commit_deadline {
            return Step::Wait;
        }
        let uncommitted =
            Committer::uncommitted(leaving.iter().map(|assigned| &assigned.partition));
        if uncommitted.is_empty() || self.hopeless || now >= commit_deadline {
            return Step::Done;
        }
        self.commit(uncommitted, now)
    }

    /// Commits, unless a commit failed just now.
    fn commit(&mut self, uncommitted: Vec<Position>, now: Instant) -> Step {
        match self.retry_at {
            Some(at) if now < at => Step::Wait,
            _ => {
                self.sent = true;
                Step::Commit(uncommitted)
            }
        }
    }
}

/// Whether nothing of it is under way. What waits at a gate for a commit that cannot come was never begun.
fn is_drained(assigned: &Assigned, hopeless: bool) -> bool {
    match assigned.topic.settings.delivery {
        Delivery::AtLeastOnce => !assigned.partition.is_running(),
        Delivery::AtMostOnce => {
            (hopeless || assigned.gate.is_empty())
                && assigned.partition.held() == 0
                && !assigned.partition.is_running()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Partition;
    use crate::offset::Offset;
    use std::sync::Arc;

    /// A drain with nothing left to do but to commit `partitions`, as far as it has got.
    fn drain() -> Drain {
        let deadline = Instant::now() + Duration::from_secs(10);
        Drain::begin(&mut Assignment::default(), Vec::new(), deadline)
    }

    #[test]
    fn a_drain_can_be_hurried_but_not_put_off() {
        let now = Instant::now();
        let mut drain = drain();
        let deadline = drain.deadline;
        drain.hurry(deadline + Duration::from_secs(1));
        assert_eq!(drain.deadline, deadline);
        drain.hurry(now);
        assert_eq!(drain.deadline, now);
    }

    #[test]
    fn a_commit_from_before_the_drain_says_nothing_of_its_own() {
        let now = Instant::now();
        let mut drain = drain();
        drain.commit_failed(now, true);
        assert!(
            !drain.hopeless,
            "the generation before is refused, the next may not be"
        );
        let partition = Arc::new(Partition::new(Arc::from("topic"), 0, 1, || ()));
        let ticket = partition.tracker().deliver(Offset(3));
        partition.settle([ticket]);
        let uncommitted = Committer::uncommitted([&partition]);
        assert!(
            matches!(drain.commit(uncommitted, now), Step::Wait),
            "not at once"
        );
        let uncommitted = Committer::uncommitted([&partition]);
        assert!(matches!(
            drain.commit(uncommitted, now + RETRY),
            Step::Commit(_)
        ));
        drain.commit_failed(now, true);
        assert!(drain.hopeless, "its own was refused");
    }
}
