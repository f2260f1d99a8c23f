//! Records that are pulled instead of handled.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::KafkaMessage;
use crate::failure::{Failed, fail};
use crate::handler::{FailureReason, HandlerError};
use crate::lane::{Running, Work, succeed};
use crate::record::{FromRecord, Origin, OriginRef, Record};
use crate::runtime::TopicState;

/// The records of a topic, pulled one by one.
///
/// ```no_run
/// # use kafka_model::{KafkaMessage, Topic};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
/// # async fn pull(alerts: Topic<Alert>) -> Result<(), kafka_model::Error> {
/// let mut stream = alerts.stream()?;
/// while let Some(alert) = stream.next().await {
///     println!("{}", alert.text);
///     alert.ack();
/// }
/// # Ok(())
/// # }
/// ```
///
/// Records come in the order of each partition; several may be held unacknowledged, up to
/// `max_buffered`. What cannot be decoded is dealt with as `on_failure` says, and not yielded.
/// Dropping the stream leaves the records that come after to nobody: they wait in the buffer.
#[must_use = "pull from it with `next()`; without it the topic's records go to nobody"]
pub struct TopicStream<T> {
    topic: Arc<TopicState>,
    current: Option<Work>,
    message: PhantomData<fn() -> T>,
}

impl<T: KafkaMessage> TopicStream<T> {
    pub(crate) fn new(topic: Arc<TopicState>) -> Self {
        Self {
            topic,
            current: None,
            message: PhantomData,
        }
    }

    /// The next record, as soon as there is one; `None` once the service was shut down.
    ///
    /// It is safe to drop the future: no record is lost by it.
    pub async fn next(&mut self) -> Option<Pulled<T>> {
        loop {
            while let Some(pulled) = self.pull() {
                if let Ok(pulled) = pulled {
                    return Some(pulled);
                }
            }
            // Work that was taken must not be lost with this future: nothing is waited for between the two.
            let mut taken = VecDeque::new();
            let buffer = &self.topic.buffer;
            buffer.next(true, 1, &mut Vec::new(), &mut taken).await?;
            if let Some((place, mut work)) = taken.pop_front() {
                // Nothing is begun before it is pulled: until then nobody need wait for it.
                work.begun = None;
                // The stream itself keeps the order: nobody else takes from this buffer.
                self.topic.buffer.done(place);
                self.current = Some(work);
            }
        }
    }

    /// The next record of the current work: `None` if there is none, `Err` if it was dealt with here.
    fn pull(&mut self) -> Option<Result<Pulled<T>, ()>> {
        let work = self.current.as_mut()?;
        let Some(index) = work.range.next() else {
            self.current = None;
            return None;
        };
        let batch = Arc::clone(&work.batch);
        let Some(running) = work.batch.partition().enter() else {
            // The partition was given up or halted meanwhile.
            self.topic.buffer.release(&batch, index);
            return Some(Err(()));
        };
        let origin = OriginRef {
            batch: &batch,
            index,
            attempt: 1,
        };
        match Record::<T>::from_record(origin) {
            Ok(record) => Some(Ok(Pulled {
                record,
                pending: Some(Pending {
                    topic: Arc::clone(&self.topic),
                    origin: origin.to_owned(),
                    running,
                }),
            })),
            Err(error) => {
                give_up(
                    &self.topic,
                    &origin.to_owned(),
                    Failed::for_good(error),
                    running,
                );
                Some(Err(()))
            }
        }
    }
}

/// What a [`TopicStream`] still holds when it is dropped goes to nobody.
impl<T> Drop for TopicStream<T> {
    fn drop(&mut self) {
        if !self.topic.buffer.is_closed() {
            tracing::warn!(
                message_type = self.topic.message, topic = %self.topic.topic,
                "the stream was dropped: nothing takes the topic's records any more",
            );
        }
        if let Some(work) = self.current.take() {
            self.topic
                .buffer
                .release_all(&work.batch, work.range.clone());
        }
    }
}

impl<T> fmt::Debug for TopicStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicStream")
            .field("topic", &self.topic.topic)
            .finish_non_exhaustive()
    }
}

/// A record that was pulled and must be acknowledged.
///
/// It dereferences to its [`Record`]. Dropping it without [`ack`](Self::ack) or [`fail`](Self::fail)
/// counts as a failure, with what `on_failure` says as its consequence: nothing is lost silently.
#[must_use = "acknowledge it with `ack()` or `fail(…)`; dropping it counts as a failure"]
pub struct Pulled<T> {
    record: Record<T>,
    pending: Option<Pending>,
}

struct Pending {
    topic: Arc<TopicState>,
    origin: Origin,
    /// Until it is acknowledged, the partition waits for it before it is given up.
    running: Running,
}

impl Pending {
    fn settle(self, result: Result<(), FailureReason>) {
        match result {
            Ok(()) => {
                let Origin { batch, index, .. } = &self.origin;
                succeed(&self.topic, batch, *index..*index + 1);
            }
            // Whoever pulls records has them in hand, and tries again by itself.
            Err(reason) => give_up(
                &self.topic,
                &self.origin,
                Failed::for_good(reason),
                self.running,
            ),
        }
    }
}

fn give_up(topic: &Arc<TopicState>, origin: &Origin, failed: Failed, running: Running) {
    if let Some(recovery) = fail(topic, origin, 1, failed) {
        recovery.start(running, None);
    }
}

impl<T> Pulled<T> {
    /// The record is done: its offset may be committed.
    pub fn ack(mut self) {
        self.settle(Ok(()));
    }

    /// The record failed: what happens now is the type's `on_failure`.
    pub fn fail(mut self, error: impl Into<HandlerError>) {
        self.settle(Err(FailureReason::handler(&error.into())));
    }

    fn settle(&mut self, result: Result<(), FailureReason>) {
        if let Some(pending) = self.pending.take() {
            pending.settle(result);
        }
    }
}

impl<T> Deref for Pulled<T> {
    type Target = Record<T>;

    fn deref(&self) -> &Record<T> {
        &self.record
    }
}

impl<T> Drop for Pulled<T> {
    fn drop(&mut self) {
        self.settle(Err(FailureReason::Unacknowledged));
    }
}

impl<T: fmt::Debug> fmt::Debug for Pulled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}
