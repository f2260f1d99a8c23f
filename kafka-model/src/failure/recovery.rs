//! What takes time after a failure: the wait before the next attempt, and the way to another topic.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::failures::Waiting;
use super::headers::{Facts, Source, outgoing};
use super::limiter::Reserved;
use super::settle::halt;
use crate::handler::FailureReason;
use crate::lane::{Place, Running, Work, acknowledge};
use crate::publish::{Outgoing, Published, SendError};
use crate::record::Origin;
use crate::runtime::{Event, Order, TopicState};

/// The wait before a topic that refused a record is tried again; it doubles up to [`LONGEST_WAIT`].
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Where a failed record goes next.
pub(super) enum To {
    /// Back to a worker, after a wait.
    Worker {
        wait: Duration,
        attempt: u32,
    },
    RetryTopic(Arc<str>),
    DeadLetter {
        to: Arc<str>,
        /// Its place under the limit.
        reserved: Reserved,
    },
}

/// How a record is sent, the next one whenever it was too large.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    /// Whole, and in a batch of its own.
    Alone,
    /// Without its own headers, in a batch of its own.
    Reduced,
}

/// A record that failed and is not done with.
pub(crate) struct Recovery {
    pub(super) topic: Arc<TopicState>,
    pub(super) origin: Origin,
    pub(super) reason: FailureReason,
    pub(super) to: To,
}

/// The lane that stays closed meanwhile, and the records in it that were taken together with the one that failed
/// and come behind it.
pub(crate) struct Lane {
    pub(crate) place: Place,
    pub(crate) behind: Range<usize>,
}

impl Recovery {
    /// Carries it out, in a task of its own. `running` is how the one who failed was in the partition; without a
    /// `lane` nothing waits behind it.
    pub(crate) fn start(self, running: Running, lane: Option<Lane>) {
        // Records only come to a topic that was started, and so has a runtime.
        if let Some(tokio) = self.topic.failures.tokio().cloned() {
            tokio.spawn(self.run(running, lane));
        }
    }

    async fn run(self, running: Running, lane: Option<Lane>) {
        let recovering = self.origin.batch.partition().recover();
        match &self.to {
            To::Worker { wait, attempt } => {
                let (wait, attempt) = (*wait, *attempt);
                if let Some(lane) = lane {
                    self.again(wait, attempt, running, lane).await;
                }
            }
            To::RetryTopic(to) | To::DeadLetter { to, .. } => {
                match self.send(to).await {
                    Ok(Some(published)) => self.arrived(to, published),
                    // The partition was given up: whoever has it now reads the record again.
                    Ok(None) => {}
                    Err(reason) => halt(&self.topic, &self.origin, reason),
                }
                let (buffer, batch) = (&self.topic.buffer, &self.origin.batch);
                buffer.release(batch, self.origin.index);
                drop(running);
                match lane {
                    Some(lane) if lane.behind.is_empty() => buffer.done(lane.place),
                    Some(lane) => buffer.again(lane.place, Work::new(batch, lane.behind)),
                    None => {}
                }
            }
        }
        drop(recovering);
    }

    /// Behind a record that fails under `order = "partition"` nothing was handled that would come again, so nothing
    /// is gained by waiting for it when the partition is given up.
    fn keeps_all(&self) -> bool {
        self.topic.settings.order == Order::Partition
    }

    /// Waits, and lets a worker try again.
    async fn again(&self, wait: Duration, attempt: u32, running: Running, lane: Lane) {
        let (topic, batch) = (&self.topic, &self.origin.batch);
        let keeps_all = self.keeps_all();
        let begun = if keeps_all {
            drop(running);
            None
        } else {
            Some(running)
        };
        let due = Instant::now() + wait;
        let left = batch.partition().until(|partition| {
            partition.leaves_before(due) || (keeps_all && !partition.is_active())
        });
        let range = self.origin.index..lane.behind.end.max(self.origin.index + 1);
        if tokio::time::timeout(wait, left).await.is_ok() {
            drop(begun);
            topic.buffer.release_all(batch, range);
            topic.buffer.done(lane.place);
            return;
        }
        let work = Work {
            attempts: attempt,
            begun,
            ..Work::new(batch, range)
        };
        topic.buffer.again(lane.place, work);
    }

    /// Sends the record to another topic until that has acknowledged it; `None` if the partition was given up
    /// before.
    ///
    /// # Errors
    /// If it is too large for that topic.
    async fn send(&self, to: &Arc<str>) -> Result<Option<Published>, FailureReason> {
        let partition = self.origin.batch.partition();
        let (mut form, mut wait) = (Form::Whole, SHORTEST_WAIT);
        // As long as a record waits for the topic, the topic refuses.
        let mut waiting = None;
        loop {
            let sending = self.send_once(to, form);
            let left = partition.until(|partition| partition.is_retired());
            let error = tokio::select! {
                biased;
                sent = sending => match sent {
                    Ok(published) => {
                        self.accepted(to);
                        drop(waiting);
                        return Ok(Some(published));
                    }
                    Err(error) => error,
                },
                () = left => return Ok(None),
            };
            match error {
                SendError::TooLarge(_) => {
                    form = match form {
                        Form::Whole => Form::Alone,
                        Form::Alone => Form::Reduced,
                        Form::Reduced => {
                            return Err(FailureReason::TooLarge {
                                topic: to.to_string(),
                                cause: Box::new(self.reason.clone()),
                            });
                        }
                    };
                    continue;
                }
                SendError::Producer(reason) | SendError::Other(reason) => {
                    waiting = Some(self.refused(to, reason));
                }
            }
            let due = Instant::now() + wait;
            let left = partition.until(|partition| {
                partition.leaves_before(due) || (self.keeps_all() && partition.is_leaving())
            });
            if tokio::time::timeout(wait, left).await.is_ok() {
                return Ok(None);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn send_once(&self, to: &str, form: Form) -> Result<Published, SendError> {
        let Origin { batch, index, .. } = &self.origin;
        let failures = &self.topic.failures;
        let source = Source::of(&self.origin, failures.level.is_some());
        let facts = Facts {
            group: &failures.group,
            message_type: self.topic.message,
            reason: &self.reason,
            at: SystemTime::now(),
        };
        let record = Outgoing {
            topic: to,
            partition: None,
            key: batch.key(*index),
            payload: batch.payload(*index),
            headers: outgoing(batch.headers(*index), &source, facts, form == Form::Reduced),
        };
        let publisher = match form {
            Form::Whole => &failures.publisher.together,
            Form::Alone | Form::Reduced => &failures.publisher.alone,
        };
        publisher.send(record).await
    }

    /// The record is in the other topic: here it is done.
    fn arrived(&self, to: &Arc<str>, published: Published) {
        let topic = &self.topic;
        let partition = self.origin.batch.partition().id();
        let offset = self.origin.batch.offset(self.origin.index).0;
        if let To::DeadLetter { reserved, .. } = &self.to {
            reserved.confirm(Instant::now());
            topic.counters.dead_lettered();
            tracing::warn!(
                message_type = topic.message, topic = %topic.topic, partition, offset,
                attempts = self.origin.attempt, reason = %self.reason, to = %to, to_partition = published.partition,
                to_offset = published.offset, "record sent to the dead-letter topic",
            );
        } else {
            topic.counters.moved();
            tracing::info!(
                message_type = topic.message, topic = %topic.topic, partition, offset,
                attempts = self.origin.attempt, reason = %self.reason, to = %to, "record sent to a retry topic",
            );
        }
        let Origin { batch, index, .. } = &self.origin;
        acknowledge(topic, batch, *index..*index + 1);
    }

    /// Tells that a topic that refused takes records again, if it did refuse.
    fn accepted(&self, to: &Arc<str>) {
        let topic = &self.topic;
        if let Some(refusal) = topic.failures.accepted(to) {
            topic.tell(Event::FailuresAccepted {
                service: topic.service.to_string(),
                message_type: topic.message,
                topic: topic.topic.to_string(),
                to: to.to_string(),
                after: refusal.since.elapsed().unwrap_or_default(),
            });
        }
    }

    /// Tells that a topic refuses, if that is new.
    fn refused(&self, to: &Arc<str>, reason: String) -> Waiting {
        let topic = &self.topic;
        let (waiting, news) = topic.failures.refused(to, &reason);
        if news {
            topic.tell(Event::FailuresRefused {
                service: topic.service.to_string(),
                message_type: topic.message,
                topic: topic.topic.to_string(),
                to: to.to_string(),
                reason,
            });
        }
        waiting
    }
}
