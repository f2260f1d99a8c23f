//! Committing: what is settled is sent, and the reply is dealt with.

use std::sync::atomic::Ordering;
use std::time::Instant;

use rdkafka::TopicPartitionList;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::Offset as ListOffset;

use super::reader;
use super::session::Session;
use crate::error::ServiceError;
use crate::native::CommitReply;
use crate::offset::{Committer, Position};

impl Session {
    /// Commits what is settled, if there is something new.
    pub(super) fn commit(&mut self, now: Instant) {
        let partitions = self.assignment.iter().map(|assigned| &assigned.partition);
        let positions = if self.committer.take_again(now) {
            Committer::everything(partitions)
        } else {
            Committer::uncommitted(partitions)
        };
        if positions.is_empty() {
            self.committer.idle(now);
        } else {
            self.send_commit(positions);
        }
    }

    pub(super) fn send_commit(&mut self, positions: Vec<Position>) {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for Position { partition, next } in &positions {
            let offset = ListOffset::Offset(next.0);
            if let Err(error) = list.add_partition_offset(partition.topic(), partition.id(), offset)
            {
                tracing::error!(service = %self.service.name, %error, ?partition, "offset not committed");
            }
        }
        self.committer.sent(positions);
        if let Err(code) = self.commits.commit(&list) {
            self.commit_failed(code);
        }
    }

    /// Deals with the reply to the commit under way.
    pub(super) fn commit_replied(&mut self, reply: &CommitReply) {
        if let Some(code) = reply.error {
            self.commit_failed(code);
            return;
        }
        // Hardly ever one, so that it is looked at for each position.
        let refused: Vec<_> = reply
            .partitions
            .iter()
            .filter_map(|(topic, id, _, error)| Some((topic, *id, (*error)?)))
            .collect();
        let committed = self.committer.acknowledged(Instant::now(), |partition| {
            refused
                .iter()
                .any(|(topic, id, _)| *id == partition.id() && *topic == partition.topic())
        });
        self.service.commits.fetch_add(1, Ordering::Relaxed);
        if let Some((topic, id, code)) = refused.first() {
            self.note_commit_failure(format!("{topic}[{id}]: {code}"));
            if let Some((drain, _)) = &mut self.drain {
                drain.commit_failed(Instant::now(), false);
            }
        }
        for Position { partition, .. } in committed {
            let token = self.assignment.token(partition.topic(), partition.id());
            if let Some(assigned) = token.and_then(|token| self.assignment.get_mut(token)) {
                reader::open_gate(assigned);
                self.make_ready(token);
            }
        }
        // What was at a gate took room from the others.
        let blocked = std::mem::take(&mut self.blocked);
        self.make_ready(blocked);
    }

    fn commit_failed(&mut self, code: RDKafkaErrorCode) {
        let now = Instant::now();
        let (wait, positions) = self.committer.failed(now);
        if !is_answer(code) {
            self.committer.unanswered(now);
        }
        let hopeless = match code {
            // The group is between two generations, and will take commits again as soon as this member is
            // in the next one; unless that waits for the very answer that this drain is held for.
            RDKafkaErrorCode::RebalanceInProgress | RDKafkaErrorCode::IllegalGeneration => {
                self.owes_an_answer()
            }
            RDKafkaErrorCode::UnknownMemberId
            | RDKafkaErrorCode::FencedInstanceId
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::TopicAuthorizationFailed => true,
            _ => false,
        };
        if let Some((drain, _)) = &mut self.drain {
            drain.commit_failed(now, hopeless);
        }
        tracing::warn!(
            service = %self.service.name, group = %self.service.group, partitions = positions.len(),
            retry_in = ?wait, %code, "commit failed",
        );
        self.note_commit_failure(code.to_string());
    }

    fn note_commit_failure(&self, reason: String) {
        self.service.commit_failures.fetch_add(1, Ordering::Relaxed);
        self.service.note_error(ServiceError::Commit {
            group: self.service.group.clone(),
            reason,
        });
    }
}

/// Whether a broker has said so, and not the client for want of an answer.
fn is_answer(code: RDKafkaErrorCode) -> bool {
    !matches!(
        code,
        RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::NetworkException
    )
}
