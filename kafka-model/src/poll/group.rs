//! What the group asks of this member: to take partitions, and to give them up.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset as ListOffset;

use super::context::Rebalance;
use super::drain::{Drain, Step};
use super::session::{End, Session};
use crate::config;
use crate::error::ServiceError;
use crate::offset::NextOffset;
use crate::runtime::{Event, PartitionReport};

/// How long a newly assigned partition's committed offset is waited for; it is only wanted for the lag.
const COMMITTED_WAIT: Duration = Duration::from_millis(500);

/// What is to happen once a drain is done.
pub(super) enum Purpose {
    /// The group is answered.
    Answer(Rebalance),
    /// The session ends; the group may still be owed an answer.
    End(End, Option<Rebalance>),
}

impl Session {
    /// Deals with what the group has asked for.
    pub(super) fn serve_group(&mut self) -> Option<End> {
        // One rebalance at a time: the next one waits until the drain is done.
        while self.drain.is_none() {
            let rebalance = self.consumer.context().next_rebalance()?;
            self.service.rebalances.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.rebalance(rebalance) {
                return Some(refused(&error));
            }
        }
        None
    }

    fn rebalance(&mut self, rebalance: Rebalance) -> Result<(), KafkaError> {
        match &rebalance {
            Rebalance::Assign(partitions) => {
                // Before the answer: a queue that is split off stays so when its fetching starts. After
                // it, the first records could be in the consumer's own queue, and come behind later ones.
                self.assigned(partitions);
                self.asking.assigned();
                rebalance.answer(&self.consumer)?;
                self.look_at_committed(partitions);
                Ok(())
            }
            Rebalance::Revoke(partitions) => {
                let tokens = self.tokens(partitions);
                if !self.consumer.assignment_lost() {
                    let deadline = Instant::now() + self.service.settings.drain_timeout;
                    let drain = Drain::begin(&mut self.assignment, tokens, deadline);
                    self.drain = Some((drain, Purpose::Answer(rebalance)));
                    return Ok(());
                }
                let lost = self.names(&tokens);
                self.give_up(&tokens);
                self.service.set_joined(false);
                self.service.tell(Event::PartitionsLost {
                    service: self.service.name.clone(),
                    group: self.service.group.clone(),
                    partitions: lost,
                    assigned: self.assignment.len(),
                });
                rebalance.answer(&self.consumer)
            }
            Rebalance::Failed(code) => {
                tracing::warn!(service = %self.service.name, ?code, "the rebalance failed");
                let all = self.assignment.tokens();
                let lost = self.names(&all);
                self.give_up(&all);
                self.service.set_joined(false);
                if !lost.is_empty() {
                    self.service.tell(Event::PartitionsLost {
                        service: self.service.name.clone(),
                        group: self.service.group.clone(),
                        partitions: lost,
                        assigned: self.assignment.len(),
                    });
                }
                rebalance.answer(&self.consumer)
            }
        }
    }

    fn tokens(&self, partitions: &TopicPartitionList) -> Vec<u32> {
        partitions
            .elements()
            .iter()
            .filter_map(|element| self.assignment.token(element.topic(), element.partition()))
            .collect()
    }

    fn names(&self, tokens: &[u32]) -> Vec<(String, i32)> {
        tokens
            .iter()
            .filter_map(|token| self.assignment.get(*token))
            .map(|assigned| (assigned.topic.topic.to_string(), assigned.partition.id()))
            .collect()
    }

    /// Splits the queues of newly assigned partitions off, and begins to read them.
    fn assigned(&mut self, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            let (topic, id) = (element.topic(), element.partition());
            match self
                .assignment
                .add(&self.service, &self.consumer, topic, id)
            {
                Some(token) => self.make_ready([token]),
                None => tracing::error!(
                    service = %self.service.name, topic, partition = id,
                    "the group assigned a partition that the client does not know",
                ),
            }
        }
        self.service.set_joined(true);
        self.service.tell(Event::PartitionsAssigned {
            service: self.service.name.clone(),
            group: self.service.group.clone(),
            partitions: partitions
                .elements()
                .iter()
                .map(|element| (element.topic().to_owned(), element.partition()))
                .collect(),
            assigned: self.assignment.len(),
        });
    }

    /// What the group has already committed, for the lag of partitions of which nothing was read yet.
    fn look_at_committed(&mut self, partitions: &TopicPartitionList) {
        let Ok(committed) = self
            .consumer
            .committed_offsets(partitions.clone(), COMMITTED_WAIT)
        else {
            return;
        };
        for element in committed.elements() {
            let token = self.assignment.token(element.topic(), element.partition());
            if let (ListOffset::Offset(next), Some(assigned)) = (
                element.offset(),
                token.and_then(|token| self.assignment.get_mut(token)),
            ) {
                assigned.partition.set_committed(NextOffset(next));
                assigned.course.next.get_or_insert(next);
            }
        }
    }

    fn give_up(&mut self, tokens: &[u32]) {
        for token in tokens {
            self.assignment.remove(*token);
        }
        self.asking.gave_up(Instant::now());
    }

    /// Begins to end the session: everything is drained and committed first.
    pub(super) fn end(&mut self, end: End, deadline: Instant) {
        let tokens = self.assignment.tokens();
        let drain = Drain::begin(&mut self.assignment, tokens, deadline);
        // A revocation that is under way becomes part of it; its answer is still owed.
        let owed = match self.drain.take() {
            Some((_, Purpose::Answer(rebalance))) => Some(rebalance),
            _ => None,
        };
        self.drain = Some((drain, Purpose::End(end, owed)));
    }

    /// Whether the group waits for this member to give partitions up.
    pub(super) fn owes_an_answer(&self) -> bool {
        match &self.drain {
            Some((_, Purpose::Answer(_) | Purpose::End(_, Some(_)))) => true,
            _ => self.consumer.context().is_asked_to_revoke(),
        }
    }

    /// Goes on with what is being given up.
    pub(super) fn advance_drain(&mut self, now: Instant) -> Option<End> {
        let (drain, _) = self.drain.as_mut()?;
        match drain.step(&self.assignment, &self.committer, now) {
            Step::Wait => return None,
            Step::Commit(positions) => {
                self.send_commit(positions);
                return None;
            }
            Step::Done => {}
        }
        let (drain, purpose) = self.drain.take()?;
        match purpose {
            Purpose::Answer(rebalance) => {
                let revoked = self.names(&drain.tokens);
                self.give_up(&drain.tokens);
                self.service.tell(Event::PartitionsRevoked {
                    service: self.service.name.clone(),
                    group: self.service.group.clone(),
                    partitions: revoked,
                    assigned: self.assignment.len(),
                });
                rebalance
                    .answer(&self.consumer)
                    .err()
                    .map(|error| refused(&error))
            }
            Purpose::End(end, owed) => {
                let unfinished = self.unfinished();
                // The shutdown may have come while the last topic was being stopped.
                if matches!(end, End::Shutdown)
                    || (matches!(end, End::Idle) && self.service.shutdown_deadline().is_some())
                {
                    self.service.leave_report(unfinished);
                } else if !unfinished.is_empty() {
                    tracing::warn!(service = %self.service.name, ?unfinished, "stopped before all was done");
                }
                if let Some(rebalance) = owed
                    && let Err(error) = rebalance.answer(&self.consumer)
                {
                    tracing::warn!(service = %self.service.name, %error, "a rebalance while closing failed");
                }
                Some(end)
            }
        }
    }

    /// What is left undone now.
    pub(super) fn unfinished(&self) -> Vec<PartitionReport> {
        self.assignment
            .iter()
            .filter_map(|assigned| {
                let partition = &assigned.partition;
                let uncommitted = partition
                    .position()
                    .filter(|next| partition.committed() != Some(*next));
                let in_flight = partition.is_running();
                (in_flight || uncommitted.is_some()).then(|| PartitionReport {
                    topic: partition.topic().to_owned(),
                    partition: partition.id(),
                    in_flight,
                    uncommitted: uncommitted.map(|next| next.0),
                    reason: uncommitted
                        .and_then(|_| self.service.last_error())
                        .map(|error| error.to_string()),
                })
            })
            .collect()
    }
}

fn refused(error: &KafkaError) -> End {
    let reason = format!(
        "the client refused a rebalance: {}",
        config::describe_error(error)
    );
    End::Failed(ServiceError::Fatal { reason })
}
