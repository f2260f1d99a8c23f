//! From a partition's queue to its topic's buffer: one batch at a time, without waiting for anyone.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Timestamp as NativeTimestamp;

use super::assignment::Assigned;
use crate::handler::FailureReason;
use crate::lane::{Halt, LaneKey, Place, Work};
use crate::native::RawMessage;
use crate::offset::{NextOffset, Offset};
use crate::record::{Batch, BatchBuilder, Timestamp};
use crate::runtime::{Backpressure, Delivery, Event, OnFailure, Order, TopicState};

/// The largest batch: enough to spread the cost of a read, few enough to be fair to other partitions.
const BATCH: usize = 256;
/// How many records behind one that is not settled are kept account of. Where records overtake each other, one
/// that hangs would otherwise fill the memory with what was settled behind it.
const LONGEST_SPAN: usize = 1 << 20;

/// How a turn at a partition's queue went.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Whether there may be more to read at once.
    pub(crate) more: bool,
    /// Whether records were left because the buffer was full.
    pub(crate) full: bool,
    /// Whether offsets must be committed before the records are handled.
    pub(crate) commit: bool,
    /// Bytes of records read.
    pub(crate) bytes: usize,
    /// Whether the client went back to an earlier offset.
    pub(crate) rewound: Option<Rewind>,
    /// Where to read on, if the client does not get past what it cannot read.
    pub(crate) skip_to: Option<i64>,
    /// Errors that stood in place of records.
    pub(crate) errors: Vec<String>,
}

/// The client went back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rewind {
    /// The offset that should have been read.
    pub(crate) from: i64,
    /// The offset that was read.
    pub(crate) to: i64,
    /// Where to read on.
    pub(crate) next: i64,
}

/// Batches whose offsets must be committed before they are handled.
#[derive(Default)]
pub(crate) struct Gate {
    waiting: VecDeque<Gated>,
}

impl Gate {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// A batch at the gate. It has its place in the buffer already, or all partitions of a topic would read
/// what there is room for once.
struct Gated {
    next: NextOffset,
    batch: Arc<Batch>,
    topic: Arc<TopicState>,
}

impl Gated {
    fn new(topic: &Arc<TopicState>, batch: Arc<Batch>) -> Self {
        topic.gated.fetch_add(batch.len(), Ordering::Relaxed);
        let last = batch.len().saturating_sub(1);
        Self {
            next: batch.offset(last).next(),
            batch,
            topic: Arc::clone(topic),
        }
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        self.topic
            .gated
            .fetch_sub(self.batch.len(), Ordering::Relaxed);
    }
}

/// Reads what there is room for.
pub(crate) fn read(assigned: &mut Assigned) -> Turn {
    let turn = read_batch(assigned);
    assigned.held_back = turn.full;
    turn
}

fn read_batch(assigned: &mut Assigned) -> Turn {
    let mut turn = Turn::default();
    // A halted partition is left alone, and one with a batch at the gate waits for its commit.
    if assigned.leaving || assigned.partition.is_stopped() || !assigned.gate.is_empty() {
        return turn;
    }
    // A handler of an earlier assignment may still be at work on a record that would come again now: at the same
    // time, and so out of order.
    assigned.before.retain(|before| before.is_running());
    let waiting = !assigned.before.is_empty() && assigned.topic.settings.order != Order::None;
    assigned.partition.set_waiting(waiting);
    if waiting {
        turn.full = true;
        return turn;
    }
    let longest = LONGEST_SPAN.max(assigned.topic.settings.max_buffered);
    if assigned.partition.tracker().len() >= longest {
        turn.full = true;
        return turn;
    }
    let max = match assigned.topic.settings.backpressure {
        Backpressure::Pause => {
            let room = room(assigned);
            if room == 0 {
                turn.full = true;
                return turn;
            }
            let fitting = assigned.topic.buffer.fitting(assigned.record_bytes);
            room.min(fitting).min(BATCH)
        }
        Backpressure::DropOldest | Backpressure::DropNewest => BATCH,
    };
    let (batch, count) = take_batch(assigned, max, &mut turn);
    turn.more = count == max;
    assigned.heard |= count > 0;
    if let Some(batch) = batch {
        assigned.record_bytes = batch.average_size();
        accept(assigned, batch, &mut turn);
    }
    turn
}

/// Takes a record that came by the consumer's own queue, which happens to those that librdkafka put
/// there before the partition's queue was split off.
pub(crate) fn take_stray(assigned: &mut Assigned, message: &RawMessage<'_>) -> Turn {
    let mut turn = Turn::default();
    if assigned.leaving || assigned.partition.is_stopped() {
        return turn;
    }
    assigned.heard = true;
    let _ = assigned.course.read(message.offset());
    let mut builder = BatchBuilder::with_capacity(1, 0);
    let headers = assigned.topic.keeps_headers();
    copy(&mut builder, message, headers);
    accept(
        assigned,
        builder.build(Arc::clone(&assigned.partition)),
        &mut turn,
    );
    turn
}

/// Hands out the batches whose offsets are now committed.
pub(crate) fn open_gate(assigned: &mut Assigned) {
    let Some(committed) = assigned.partition.committed() else {
        return;
    };
    while assigned
        .gate
        .waiting
        .front()
        .is_some_and(|gated| gated.next <= committed)
    {
        if let Some(gated) = assigned.gate.waiting.pop_front() {
            let batch = Arc::clone(&gated.batch);
            drop(gated);
            dispatch(&assigned.topic, &batch);
        }
    }
}

/// The room that the buffer has for this partition; without any, the poll thread will be woken when
/// there is some.
fn room(assigned: &Assigned) -> usize {
    let Assigned {
        topic, partition, ..
    } = assigned;
    topic.buffer.room(partition, topic.assigned(), || {
        topic.gated.load(Ordering::Relaxed)
    })
}

fn take_batch(assigned: &mut Assigned, max: usize, turn: &mut Turn) -> (Option<Batch>, usize) {
    // As large as the last one: what it gets too much of it gives back.
    let mut builder =
        BatchBuilder::with_capacity(max.min(assigned.batch_records), assigned.batch_bytes);
    let headers = assigned.topic.keeps_headers();
    let any;
    let mut end = None;
    let count = {
        let course = &mut assigned.course;
        let mut last = None;
        let mut rewind = None;
        let count = assigned.queue.read(max, |message| {
            // Nothing behind the end is delivered, so nothing behind it is committed.
            if end.is_some() {
                return;
            }
            if let Some(error) = message.error() {
                let text = message.error_text();
                if error == RDKafkaErrorCode::TopicAuthorizationFailed {
                    assigned.topic.set_denied(true);
                }
                turn.errors.push(format!(
                    "{}[{}]: {error}: {text}",
                    assigned.partition.topic(),
                    assigned.partition.id(),
                ));
                if is_unreadable(error) && assigned.topic.settings.on_failure == OnFailure::Skip {
                    let course = &mut *course;
                    match course.unreadable(message.offset()) {
                        Some(to) => turn.skip_to = Some(to),
                        None => tell_unreadable(&assigned.topic, &message),
                    }
                } else if is_end(error) {
                    end = Some(Halt {
                        offset: Offset(message.offset()),
                        reason: FailureReason::Unreadable(text),
                        since: SystemTime::now(),
                    });
                }
            } else {
                let offset = message.offset();
                if let Some(from) = course.read(offset) {
                    rewind = Some((from, offset));
                }
                copy(&mut builder, &message, headers);
                last = Some(Offset(offset));
            }
        });
        any = last.is_some();
        if last.is_some() {
            turn.skip_to = None;
            if assigned.topic.is_denied() {
                assigned.topic.set_denied(false);
            }
        }
        if let (Some((from, to)), Some(last)) = (rewind, last) {
            let next = last.next().0;
            turn.rewound = Some(Rewind { from, to, next });
        }
        count
    };
    if let Some(end) = end {
        assigned.topic.counters.failed();
        assigned.partition.end(end.clone());
        let topic = &assigned.topic;
        topic.tell_halted(assigned.partition.id(), end.offset, &end.reason);
    }
    if any {
        assigned.batch_records = builder.len();
        assigned.batch_bytes = builder.bytes();
    }
    turn.bytes = builder.bytes();
    (
        any.then(|| builder.build(Arc::clone(&assigned.partition))),
        count,
    )
}

/// Whether something is there that librdkafka cannot read: its checksum is wrong, or its format unknown.
fn is_unreadable(error: RDKafkaErrorCode) -> bool {
    matches!(
        error,
        RDKafkaErrorCode::BadMessage | RDKafkaErrorCode::NotImplemented
    )
}

/// Whether the partition must not be read any further than this error, which stands in place of records. The
/// client goes on behind records that it cannot read, and whoever read on and committed would have lost them.
/// Under `auto_offset_reset = "error"` it has stopped fetching the partition.
fn is_end(error: RDKafkaErrorCode) -> bool {
    is_unreadable(error) || error == RDKafkaErrorCode::AutoOffsetReset
}

fn tell_unreadable(topic: &TopicState, message: &RawMessage<'_>) {
    topic.counters.failed();
    topic.counters.skipped();
    topic.tell(Event::Unreadable {
        service: topic.service.to_string(),
        topic: topic.topic.to_string(),
        partition: message.partition(),
        offset: message.offset(),
        reason: message.error_text(),
    });
}

fn copy(builder: &mut BatchBuilder, message: &RawMessage<'_>, headers: bool) {
    let offset = Offset(message.offset());
    let timestamp = match message.timestamp() {
        NativeTimestamp::NotAvailable => Timestamp::None,
        NativeTimestamp::CreateTime(millis) => Timestamp::Created(millis),
        NativeTimestamp::LogAppendTime(millis) => Timestamp::Appended(millis),
    };
    if headers {
        message.headers(|key, value| builder.header(key, value));
    }
    builder.push(offset, timestamp, message.key(), message.payload());
}

/// Puts a batch on its way: to the buffer, or first to the gate.
fn accept(assigned: &mut Assigned, batch: Batch, turn: &mut Turn) {
    let batch = Arc::new(batch);
    match assigned.topic.settings.delivery {
        Delivery::AtLeastOnce => dispatch(&assigned.topic, &batch),
        Delivery::AtMostOnce => {
            assigned.partition.settle(batch.tickets(0..batch.len()));
            assigned
                .gate
                .waiting
                .push_back(Gated::new(&assigned.topic, batch));
            if assigned.partition.position() == assigned.partition.committed() {
                // The group stood there already (the client was reset to an earlier offset): there is nothing to
                // commit, and no reply will open the gate.
                open_gate(assigned);
            } else {
                turn.commit = true;
            }
        }
    }
}

/// Puts a batch into the buffer, in lanes as the type's order wants.
pub(crate) fn dispatch(topic: &TopicState, batch: &Arc<Batch>) {
    let Range { start, end } = make_room(topic, batch.len());
    let epoch = batch.partition().epoch();
    let lane = |key| Place::Lane(LaneKey { epoch, key });
    let place = |index| match topic.settings.order {
        Order::Partition => lane(0),
        Order::Key => batch
            .key(index)
            .map_or(Place::Anywhere, |key| lane(hash(key))),
        Order::None => Place::Anywhere,
    };
    let part = |range| Work::new(batch, range);
    // What waits behind the first record of a work can no longer be displaced.
    let stays_together = match topic.settings.order {
        Order::Partition => true,
        Order::Key => false,
        Order::None => topic.takes_batches(),
    };
    let whole = stays_together && topic.settings.backpressure != Backpressure::DropOldest;
    if start == end {
        // All of it is dropped.
    } else if let Some(delay) = topic.delay {
        // A record without a time was written just now, as far as anyone knows; and so was one from the future:
        // the clock of whoever wrote it is ahead of ours.
        let now = SystemTime::now();
        let due = |index| batch.timestamp(index).time().unwrap_or(now).min(now) + delay;
        topic
            .buffer
            .push_delayed((start..end).map(|index| (due(index), part(index..index + 1))));
    } else if whole {
        topic.buffer.push([(place(start), part(start..end))]);
    } else {
        topic
            .buffer
            .push((start..end).map(|index| (place(index), part(index..index + 1))));
    }
}

/// Which of so many new records go into the buffer; what is dropped instead is counted.
fn make_room(topic: &TopicState, records: usize) -> Range<usize> {
    let capacity = topic.settings.max_buffered;
    let room = || capacity.saturating_sub(topic.buffer.held()).min(records);
    let (kept, displaced) = match topic.settings.backpressure {
        // Only as many were read as there was room for.
        Backpressure::Pause => return 0..records,
        Backpressure::DropNewest => (0..room(), 0),
        Backpressure::DropOldest => {
            let mut displaced = 0;
            while room() < records {
                // Once all that is left is being handled, the oldest that wait are the new ones.
                let Some(work) = topic.buffer.pop_oldest() else {
                    break;
                };
                displaced += work.range.len();
            }
            (records - room()..records, displaced)
        }
    };
    topic.counters.dropped(records - kept.len() + displaced);
    kept
}

/// Keys are hashed with a secret of the process, so that nobody can choose keys that fall together.
fn hash(key: &[u8]) -> u64 {
    static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    STATE.hash_one(key)
}
