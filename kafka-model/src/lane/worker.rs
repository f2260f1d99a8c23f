//! What takes records out of a buffer and has them handled.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::buffer::Work;
use super::handling::Slot;
use super::schedule::Place;
use crate::failure::{Failed, Lane, fail};
use crate::handler::{FailureReason, Handler, Outcome};
use crate::record::{FromRecord, Origin, OriginRef};
use crate::runtime::{Delivery, Order, TopicState};

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
            let slot = topic.handling.slot();
            while let Some((place, work)) = topic.buffer.next(hungry).await {
                self.handle_all(&topic, &slot, place, work).await;
            }
        })
    }
}

impl<T: 'static, H: Handler<T, M>, M: 'static> Worker<T, H, M> {
    /// Handles the records of `work` in order, for as long as their partition is active, and gives the lane back
    /// or leaves it to the recovery of a record that failed.
    async fn handle_all(&self, topic: &Arc<TopicState>, slot: &Slot, place: Place, mut work: Work) {
        let (batch, end) = (Arc::clone(&work.batch), work.range.end);
        let mut resumed = work.begun.is_some();
        let Some(running) = work.begun.take().or_else(|| batch.partition().enter()) else {
            topic.buffer.release_all(&batch, work.range.clone());
            topic.buffer.done(place);
            return;
        };
        let mut attempts = work.attempts;
        for index in work.range.clone() {
            let partition = running.partition();
            // A record that was begun is finished also while its partition is being given up.
            let goes_on = partition.is_active() || (resumed && !partition.is_retired());
            if !goes_on {
                topic.buffer.release_all(&batch, index..end);
                break;
            }
            resumed = false;
            let attempt = std::mem::take(&mut attempts) + 1;
            let origin = work.origin(index, topic.attempt_in_all(&batch, index, attempt));
            slot.begin(partition.id(), batch.offset(index));
            let result = self.handle_one(&origin).await;
            slot.end();
            match result {
                Ok(()) => succeed(topic, &origin),
                Err(failed) => {
                    if let Some(recovery) = fail(topic, &origin, attempt, failed) {
                        let behind = index + 1..end;
                        recovery.start(running, Some(Lane { place, behind }));
                        return;
                    }
                }
            }
            // Handlers that never wait would otherwise keep their thread to themselves.
            tokio::task::coop::consume_budget().await;
        }
        drop(running);
        topic.buffer.done(place);
    }

    async fn handle_one(&self, origin: &Origin) -> Result<(), Failed> {
        let argument = H::Argument::from_record(OriginRef(origin)).map_err(Failed::for_good)?;
        // The handler is only called again for other records, or for the same as if it were another; what state
        // it shares is its own. An error is put into words here, since that is the user's code as well.
        let handling = AssertUnwindSafe(async {
            match self.handler.handle(argument).await {
                Outcome::Ack => Ok(()),
                Outcome::Fail(error) => Err(Failed::with(&error)),
                Outcome::Reject(error) => Err(Failed::for_good(FailureReason::handler(&error))),
            }
        });
        handling
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| Err(Failed::this_time(FailureReason::panic(&*panic))))
    }
}

/// A record was handled: it is settled, and gives up its place in the buffer.
pub(crate) fn succeed(topic: &TopicState, origin: &Origin) {
    acknowledge(topic, origin);
    topic.counters.handled();
    topic.failures.limiter.handled();
    topic.buffer.release(&origin.batch, origin.index);
}

/// Settles a record, unless it was settled before it was handled.
pub(crate) fn acknowledge(topic: &TopicState, origin: &Origin) {
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
