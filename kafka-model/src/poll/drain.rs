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
        }
    }

    /// The last commit failed. `hopeless`: trying again cannot help.
    pub(crate) fn commit_failed(&mut self, now: Instant, hopeless: bool) {
        self.hopeless |= hopeless;
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
        match self.retry_at {
            Some(at) if now < at => Step::Wait,
            _ => Step::Commit(uncommitted),
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
