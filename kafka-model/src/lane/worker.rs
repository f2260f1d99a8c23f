//! What takes records out of a buffer and has them handled.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use futures_util::{FutureExt as _, poll};

use super::buffer::Work;
use super::hand::Hand;
use super::handling::Slot;
use super::schedule::Place;
use crate::failure::{Failed, Lane, fail};
use crate::handler::{FailureReason, Handler, Outcome};
use crate::record::{Batch, FromRecord, OriginRef};
use crate::runtime::{Delivery, Order, TopicState};

/// Something that can consume the records of a topic: a handler, whatever its type.
pub(crate) trait Consume: Send + Sync {
    /// Whether it looks at the records' headers.
    fn wants_headers(&self) -> bool;

    /// Whether it takes several records at a time.
    fn takes_batches(&self) -> bool {
        false
    }

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
    fn wants_headers(&self) -> bool {
        H::Argument::HEADERS
    }

    fn work(self: Arc<Self>, topic: Arc<TopicState>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            // Under `order = "partition"` a worker may wait because all records are behind others.
            let hungry = topic.settings.order != Order::Partition;
            let slot = topic.handling.slot();
            let mut hand = Hand::new(&topic);
            while let Some((place, work)) = hand.next(hungry).await {
                self.handle_all(&topic, &slot, &mut hand, place, work).await;
            }
        })
    }
}

impl<T: 'static, H: Handler<T, M>, M: 'static> Worker<T, H, M> {
    /// Handles the records of `work` in order, for as long as their partition is active, and gives the lane back
    /// or leaves it to the recovery of a record that failed.
    async fn handle_all(
        &self,
        topic: &Arc<TopicState>,
        slot: &Slot,
        hand: &mut Hand<'_>,
        place: Place,
        work: Work,
    ) {
        let Work {
            batch,
            range,
            mut attempts,
            begun,
        } = work;
        let partition = batch.partition();
        if !hand.enter(begun) {
            topic.buffer.release_all(&batch, range);
            hand.done(place);
            return;
        }
        // The first record is begun: it is handled also while its partition is being given up.
        let mut begun = true;
        for index in range.clone() {
            let goes_on = partition.is_active() || (begun && !partition.is_retired());
            if !goes_on {
                topic.buffer.release_all(&batch, index..range.end);
                break;
            }
            begun = false;
            let attempt = std::mem::take(&mut attempts) + 1;
            let origin = OriginRef {
                batch: &batch,
                index,
                attempt: topic.attempt_in_all(&batch, index, attempt),
            };
            slot.begin(partition.id(), batch.offset(index));
            let result = {
                let mut handling = pin!(self.handle_one(origin));
                match poll!(handling.as_mut()) {
                    Poll::Ready(result) => result,
                    Poll::Pending => {
                        hand.wait();
                        handling.await
                    }
                }
            };
            slot.end();
            match result {
                Ok(()) => hand.handled(&batch, index),
                Err(failed) => {
                    hand.tell();
                    if let Some(recovery) = fail(topic, &origin.to_owned(), attempt, failed)
                        && let Some(running) = hand.leave()
                    {
                        let behind = index + 1..range.end;
                        recovery.start(running, Some(Lane { place, behind }));
                        return;
                    }
                }
            }
            // Handlers that never wait would otherwise keep their thread to themselves.
            if !tokio::task::coop::has_budget_remaining() {
                hand.wait();
            }
            tokio::task::coop::consume_budget().await;
        }
        hand.done(place);
    }

    async fn handle_one(&self, origin: OriginRef<'_>) -> Result<(), Failed> {
        let argument = H::Argument::from_record(origin).map_err(Failed::for_good)?;
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

/// Records in a row were handled: they are settled, and give up their places in the buffer.
pub(crate) fn succeed(topic: &TopicState, batch: &Batch, handled: Range<usize>) {
    acknowledge(topic, batch, handled.clone());
    topic.counters.handled(handled.len());
    topic.failures.limiter.handled(handled.len());
    topic.buffer.release_all(batch, handled);
}

/// Settles records, unless they were settled before they were handled.
pub(crate) fn acknowledge(topic: &TopicState, batch: &Batch, done: Range<usize>) {
    match topic.settings.delivery {
        Delivery::AtLeastOnce => {
            let records = done.len();
            let settled = batch.partition().settle(batch.tickets(done));
            topic.counters.late(records - settled);
        }
        Delivery::AtMostOnce => {}
    }
}
