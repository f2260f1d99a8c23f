//! What takes records out of a buffer and has them handled several at a time.

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
use super::worker::Consume;
use crate::failure::{Failed, Lane, fail};
use crate::handler::{BatchError, BatchFailure, BatchHandler, FailureReason};
use crate::record::{Batch, FromRecord, OriginRef};
use crate::runtime::{Order, TopicState};

/// A handler of batches of `T`.
pub(crate) struct BatchWorker<T, H, M> {
    handler: H,
    types: PhantomData<fn(M) -> T>,
}

impl<T, H, M> BatchWorker<T, H, M> {
    pub(crate) fn new(handler: H) -> Self {
        Self {
            handler,
            types: PhantomData,
        }
    }
}

impl<T, H, M> Consume for BatchWorker<T, H, M>
where
    T: 'static,
    M: 'static,
    H: BatchHandler<T, M>,
{
    fn wants_headers(&self) -> bool {
        H::Argument::HEADERS
    }

    fn takes_batches(&self) -> bool {
        true
    }

    fn work(self: Arc<Self>, topic: Arc<TopicState>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let hungry = topic.settings.order != Order::Partition;
            let slot = topic.handling.slot();
            let mut hand = Hand::new(&topic);
            while let Some((place, work)) = hand.next(hungry).await {
                self.handle_all(&topic, &slot, &mut hand, place, work).await;
            }
        })
    }
}

/// How handling some records went.
enum Handled {
    All,
    /// All before the one that failed.
    UpTo(usize, Failed),
    /// Nothing, and it is not known which record is to blame.
    Nothing(Failed),
}

impl<T: 'static, H: BatchHandler<T, M>, M: 'static> BatchWorker<T, H, M> {
    /// Handles the records of `work` in order, for as long as their partition is active, and gives the lane back or leaves
    /// it to the recovery of a record that failed.
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
        // What comes again is handled alone, or those behind it would be at hand as often as it.
        let mut alone_until = range.start + usize::from(attempts > 0);
        let mut next = range.start;
        // The first record is begun: it is handled also while its partition is being given up.
        let mut begun = true;
        while next < range.end {
            let goes_on = partition.is_active() || (begun && !partition.is_retired());
            if !goes_on {
                topic.buffer.release_all(&batch, next..range.end);
                break;
            }
            begun = false;
            let alone = next < alone_until || !partition.is_active();
            let these = next..if alone { next + 1 } else { range.end };
            let attempt = std::mem::take(&mut attempts) + 1;
            slot.begin(partition.id(), batch.offset(next));
            let handled = {
                let mut handling = pin!(self.handle(topic, &batch, these.clone(), attempt));
                match poll!(handling.as_mut()) {
                    Poll::Ready(handled) => handled,
                    Poll::Pending => {
                        hand.wait();
                        handling.await
                    }
                }
            };
            slot.end();
            let (until, failed) = match handled {
                Handled::All => (these.end, None),
                Handled::UpTo(failed_at, failed) => (failed_at, Some(failed)),
                Handled::Nothing(failed) if these.len() == 1 => (next, Some(failed)),
                Handled::Nothing(failed) => {
                    tracing::debug!(
                        message_type = topic.message, topic = %topic.topic, partition = partition.id(),
                        offset = batch.offset(next).0, records = these.len(), reason = %failed.reason,
                        "a batch failed: its records come again one by one",
                    );
                    alone_until = these.end;
                    (next, None)
                }
            };
            for index in next..until {
                hand.handled(&batch, index);
            }
            // Whoever waits for the next batch may do so for long.
            hand.tell();
            next = until;
            if let Some(failed) = failed {
                let origin = OriginRef {
                    batch: &batch,
                    index: next,
                    attempt: topic.attempt_in_all(&batch, next, attempt),
                };
                next += 1;
                if let Some(recovery) = fail(topic, &origin.to_owned(), attempt, failed)
                    && let Some(running) = hand.leave()
                {
                    let mut behind = next..range.end;
                    if place == Place::Anywhere && !behind.is_empty() {
                        // What has no order to keep does not wait for it.
                        let rest = Work::new(&batch, behind.clone());
                        topic.buffer.put_back([], [(place, rest)]);
                        behind.start = behind.end;
                    }
                    recovery.start(running, Some(Lane { place, behind }));
                    return;
                }
            }
            if !tokio::task::coop::has_budget_remaining() {
                hand.wait();
            }
            tokio::task::coop::consume_budget().await;
        }
        hand.done(place);
    }

    /// Handles records of `batch` together, as far as they can be decoded. `attempt` is the first one's.
    async fn handle(
        &self,
        topic: &TopicState,
        batch: &Arc<Batch>,
        these: Range<usize>,
        attempt: u32,
    ) -> Handled {
        let mut arguments = Vec::with_capacity(these.len());
        let mut undecoded = None;
        for index in these.clone() {
            let attempt = if index == these.start { attempt } else { 1 };
            let origin = OriginRef {
                batch,
                index,
                attempt: topic.attempt_in_all(batch, index, attempt),
            };
            match H::Argument::from_record(origin) {
                Ok(argument) => arguments.push(argument),
                Err(error) => {
                    undecoded = Some(Handled::UpTo(index, Failed::for_good(error)));
                    break;
                }
            }
        }
        let taken = arguments.len();
        if taken > 0 {
            // As a handler of single records is called, and its error put into words.
            let handling = AssertUnwindSafe(async {
                let outcome = self.handler.handle_batch(arguments).await;
                outcome.0.map_err(|BatchFailure { at, error }| {
                    let failed = match error {
                        BatchError::Fail(error) => Failed::with(&error),
                        BatchError::Reject(error) => {
                            Failed::for_good(FailureReason::handler(&error))
                        }
                    };
                    (at, failed)
                })
            });
            let result = handling.catch_unwind().await.unwrap_or_else(|panic| {
                Err((None, Failed::this_time(FailureReason::panic(&*panic))))
            });
            match result {
                Ok(()) => {}
                Err((Some(at), failed)) if at < taken => {
                    return Handled::UpTo(these.start + at, failed);
                }
                // One of them is to blame: if there is only one, that is known.
                Err((_, failed)) if taken == 1 => return Handled::UpTo(these.start, failed),
                Err((_, failed)) => return Handled::Nothing(failed),
            }
        }
        undecoded.unwrap_or(Handled::All)
    }
}
