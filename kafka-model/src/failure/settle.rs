//! A record failed: what is done at once, and what is left for later.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::plan::{self, Failed, Step};
use super::recovery::{Recovery, To};
use crate::handler::FailureReason;
use crate::lane::{Halt, acknowledge};
use crate::record::Origin;
use crate::runtime::TopicState;

/// Does with a record that failed what its type's settings say. `attempt` counts from 1 since it was read.
///
/// `Some`: it is not done with, keeps its place in the buffer, and its lane stays closed until the recovery, which
/// the caller starts, is over.
pub(crate) fn fail(
    topic: &Arc<TopicState>,
    origin: &Origin,
    attempt: u32,
    failed: Failed,
) -> Option<Recovery> {
    let failures = &topic.failures;
    let step = plan::next(
        &topic.settings,
        failures.level,
        attempt,
        failed.again,
        fastrand::f64(),
    );
    let later = |to, reason| {
        Some(Recovery {
            topic: Arc::clone(topic),
            origin: origin.clone(),
            reason,
            to,
        })
    };
    if let Step::Again(wait) = step {
        topic.counters.retried();
        tracing::debug!(
            message_type = topic.message, topic = %topic.topic, partition = origin.batch.partition().id(),
            offset = origin.batch.offset(origin.index).0, attempt, ?wait, reason = %failed.reason,
            "failed, to be tried again",
        );
        return later(To::Worker { wait, attempt }, failed.reason);
    }
    topic.counters.failed();
    let topic_at = |index: usize| failures.retry_topics.get(index).map(Arc::clone);
    match step {
        Step::Move(index) => match topic_at(index) {
            Some(to) => later(To::RetryTopic(to), failed.reason),
            None => halted(topic, origin, failed.reason),
        },
        Step::DeadLetter => match &failures.dead_letter {
            Some(to) => match failures.limiter.reserve(Instant::now()) {
                Some(reserved) => {
                    let to = Arc::clone(to);
                    later(To::DeadLetter { to, reserved }, failed.reason)
                }
                None => {
                    let reason = FailureReason::DeadLetterLimit {
                        limit: topic.settings.dead_letter_limit_text.to_owned(),
                        cause: Box::new(failed.reason),
                    };
                    halted(topic, origin, reason)
                }
            },
            // The rules have made sure that there is one.
            None => halted(topic, origin, failed.reason),
        },
        Step::Skip => {
            tracing::warn!(
                message_type = topic.message, topic = %topic.topic, partition = origin.batch.partition().id(),
                offset = origin.batch.offset(origin.index).0, reason = %failed.reason, "record skipped",
            );
            topic.counters.skipped();
            acknowledge(topic, &origin.batch, origin.index..origin.index + 1);
            topic.buffer.release(&origin.batch, origin.index);
            None
        }
        Step::Halt | Step::Again(_) => halted(topic, origin, failed.reason),
    }
}

fn halted(topic: &TopicState, origin: &Origin, reason: FailureReason) -> Option<Recovery> {
    halt(topic, origin, reason);
    topic.buffer.release(&origin.batch, origin.index);
    None
}

/// Stops the partition of a record that can go nowhere.
pub(super) fn halt(topic: &TopicState, origin: &Origin, reason: FailureReason) {
    let partition = origin.batch.partition();
    let offset = origin.batch.offset(origin.index);
    partition.halt(Halt {
        offset,
        reason: reason.clone(),
        since: SystemTime::now(),
    });
    topic.tell_halted(partition.id(), offset, &reason);
    topic.buffer.purge(partition.epoch());
}
