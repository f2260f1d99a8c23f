//! What takes records out of a buffer and has them handled.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;

use super::buffer::Work;
use super::partition::Halt;
use crate::handler::{FailureReason, Handler, Outcome};
use crate::record::{FromRecord, Origin, OriginRef};
use crate::runtime::{Delivery, OnFailure, Order, TopicState};

/// Something that can consume the records of a topic: a handler, whatever its type.
pub(crate) trait Consume: Send + Sync {
    /// A worker: it takes work from the topic's buffer until that is closed.
    fn work(self: Arc<Self>, topic: Arc<TopicState>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A handler of `T`.
pub(crate) struct Worker<T, H, M> {
    handler: H,
    types: PhantomData<fn(M) -> T>,
}

impl<T, H, M> Worker<T, H, M> {
    pub(crate) fn new(handler: H) -> Self {
        Self {
            handler,
            types: PhantomData,
        }
    }
}

impl<T, H, M> Consume for Worker<T, H, M>
where
    T: 'static,
    M: 'static,
    H: Handler<T, M>,
{
    fn work(self: Arc<Self>, topic: Arc<TopicState>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            // Under `order = "partition"` a worker may wait because all records are behind others.
            let hungry = topic.settings.order != Order::Partition;
            while let Some((place, work)) = topic.buffer.next(hungry).await {
                self.handle_all(&topic, &work).await;
                topic.buffer.done(place);
            }
        })
    }
}

impl<T: 'static, H: Handler<T, M>, M: 'static> Worker<T, H, M> {
    /// Handles the records of `work` in order, for as long as their partition is active.
    async fn handle_all(&self, topic: &TopicState, work: &Work) {
        let Some(running) = work.batch.partition().enter() else {
            topic.buffer.release_all(&work.batch, work.range.clone());
            return;
        };
        for index in work.range.clone() {
            if !running.partition().is_active() {
                topic.buffer.release_all(&work.batch, index..work.range.end);
                return;
            }
            let origin = work.origin(index);
            let result = self.handle_one(&origin).await;
            settle(topic, &origin, result);
            // Handlers that never wait would otherwise keep their thread to themselves.
            tokio::task::coop::consume_budget().await;
        }
    }

    async fn handle_one(&self, origin: &Origin) -> Result<(), FailureReason> {
        let argument = H::Argument::from_record(OriginRef(origin))?;
        // The handler is only called again for other records; what state it shares is its own. An error is put
        // into words here, since that is the user's code as well.
        let handling = AssertUnwindSafe(async {
            match self.handler.handle(argument).await {
                Outcome::Ack => Ok(()),
                Outcome::Fail(error) => Err(FailureReason::handler(&error)),
            }
        });
        handling
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| Err(FailureReason::panic(&*panic)))
    }
}

/// Does with a record what its result and the type's policy say, and gives up its place in the buffer.
pub(crate) fn settle(topic: &TopicState, origin: &Origin, result: Result<(), FailureReason>) {
    let Origin { batch, index } = origin;
    let partition = batch.partition();
    match result {
        Ok(()) => {
            acknowledge(topic, origin);
            topic.counters.handled();
        }
        Err(reason) => {
            let offset = batch.offset(*index);
            topic.counters.failed();
            match topic.settings.on_failure {
                OnFailure::Skip => {
                    tracing::warn!(
                        message_type = topic.message, topic = %topic.topic, partition = partition.id(),
                        offset = offset.0, %reason, "record skipped",
                    );
                    topic.counters.skipped();
                    acknowledge(topic, origin);
                }
                OnFailure::Halt => {
                    partition.halt(Halt {
                        offset,
                        reason: reason.clone(),
                        since: SystemTime::now(),
                    });
                    topic.tell_halted(partition.id(), offset, &reason);
                    topic.buffer.purge(partition.epoch());
                }
            }
        }
    }
    topic.buffer.release(batch, *index);
}

fn acknowledge(topic: &TopicState, origin: &Origin) {
    match topic.settings.delivery {
        Delivery::AtLeastOnce => {
            if !origin
                .batch
                .partition()
                .settle(origin.batch.ticket(origin.index))
            {
                topic.counters.late();
            }
        }
        // It was settled before it was handled.
        Delivery::AtMostOnce => {}
    }
}
