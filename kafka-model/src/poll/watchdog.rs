//! An assigned partition that gives nothing although there is something: it never stays unseen.

use std::time::Instant;

use super::assignment::Assigned;
use super::session::{End, Session};
use super::verify::{Finding, Suspect, Verification};
use crate::error::ServiceError;
use crate::runtime::Event;

impl Session {
    /// Looks for partitions that have been silent for too long, has another client read on where they stand, and
    /// ends the session if one of them should have given what that client can read.
    pub(super) fn look_for_stalls(&mut self, now: Instant) {
        // During a rebalance nothing is fetched.
        let at_rest = self.drain.is_some();
        for assigned in self.assignment.iter_mut() {
            if std::mem::take(&mut assigned.heard) || at_rest || is_busy(assigned) {
                assigned.silence.end(now);
            }
        }
        if at_rest || self.service.settings.stall_timeout.is_zero() {
            return;
        }
        self.take_findings(now);
        if let Some(stalled) = self.tell_stalled(now) {
            self.verification = None;
            // What the other partitions have under way is finished first.
            self.end(
                End::Failed(stalled),
                now + self.service.settings.drain_timeout,
            );
            return;
        }
        if self.verification.is_none() {
            let suspects: Vec<_> = self
                .assignment
                .iter()
                .filter(|assigned| assigned.silence.is_suspect(now))
                .map(suspect)
                .collect();
            if !suspects.is_empty() {
                self.verification = Verification::start(
                    &self.service,
                    &self.connection,
                    suspects,
                    self.verifications,
                );
                self.verifications = self.verifications.wrapping_add(1);
            }
        }
    }

    fn take_findings(&mut self, now: Instant) {
        let Some(findings) = self.verification.as_ref().and_then(Verification::take) else {
            return;
        };
        self.verification = None;
        for (asked, finding) in findings {
            let found = self
                .assignment
                .iter_mut()
                .find(|assigned| assigned.partition.epoch() == asked.epoch);
            // It may have been given up, or have gone on, meanwhile.
            let Some(assigned) = found.filter(|assigned| {
                assigned.silence.is_suspect(now) && asked.holds(finding, suspect(assigned).position)
            }) else {
                continue;
            };
            match finding {
                Finding::Nothing => assigned.silence.explained(now),
                Finding::Unknown => assigned.silence.unexplained(now),
                Finding::Record(offset) => assigned.silence.contradicted(offset, now),
            }
        }
    }

    /// Tells of each partition that is stalled; returns the error for the first.
    fn tell_stalled(&self, now: Instant) -> Option<ServiceError> {
        let mut first = None;
        for assigned in self.assignment.iter() {
            let Some((found, silent)) = assigned.silence.stalled(now) else {
                continue;
            };
            let partition = &assigned.partition;
            let position = suspect(assigned).position.map(|next| next.0);
            self.service.tell(Event::Stalled {
                service: self.service.name.clone(),
                topic: partition.topic().to_owned(),
                partition: partition.id(),
                position,
                found: found.0,
                silent,
            });
            first.get_or_insert_with(|| ServiceError::Stalled {
                topic: partition.topic().to_owned(),
                partition: partition.id(),
                position,
                found: found.0,
                silent,
            });
        }
        first
    }
}

/// Whether there is a reason why nothing is read.
fn is_busy(assigned: &Assigned) -> bool {
    let partition = &assigned.partition;
    assigned.leaving
        || assigned.held_back
        || !assigned.gate.is_empty()
        || partition.is_stopped()
        || partition.is_running()
        || partition.is_waiting()
        || partition.held() > 0
}

/// It has nothing under way, so that it stands where everything is settled.
fn suspect(assigned: &Assigned) -> Suspect {
    let partition = &assigned.partition;
    Suspect {
        epoch: partition.epoch(),
        topic: assigned.topic.topic.clone(),
        partition: partition.id(),
        position: partition.position().or_else(|| partition.committed()),
    }
}
