//! The one `unsafe` module: what librdkafka offers and rdkafka does not.
//!
//! Three things are missing there. Records are read one by one, with an allocation each, so
//! [`PartitionQueue::read`] takes a whole batch. A header whose key is not UTF-8 panics, so
//! [`RawMessage::headers`] yields bytes. An asynchronous commit never says how it ended, so
//! [`CommitQueue`] gives each commit a reply.
//!
//! Why it is sound:
//! - Every queue holds a reference to its consumer, so the native client outlives the native queue
//!   (`rd_kafka_queue_destroy` before `rd_kafka_destroy`, which runs when the last reference goes).
//! - A wake-up callback gets a pointer to a [`Signal`] that the queue owns. librdkafka calls it with
//!   the queue's lock held, and `rd_kafka_queue_cb_event_enable(…, NULL)` takes that lock, so no
//!   call is under way once it returned, which is before the signal is freed.
//! - A [`RawMessage`] cannot outlive the closure it is lent to, and its message is destroyed after
//!   that closure, also when it panics.
//! - No pointer is dereferenced without a check for null, and every length comes with its pointer
//!   from librdkafka.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_void};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{BorrowedMessage, Timestamp};
use rdkafka::topic_partition_list::TopicPartitionList;

/// Called from librdkafka's threads when a queue is no longer empty. It must be quick, and must not
/// call librdkafka.
pub(crate) trait Wake: Send + Sync {
    /// The queue registered as `token` has something to read.
    fn wake(&self, token: u32);
}

/// What a wake-up callback is given.
struct Signal {
    target: Arc<dyn Wake>,
    token: u32,
    raised: AtomicBool,
}

unsafe extern "C" fn on_nonempty(_: *mut sys::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `opaque` is the `Signal` of a queue whose callback is still enabled (module docs).
    let signal = unsafe { &*opaque.cast::<Signal>() };
    if !signal.raised.swap(true, Ordering::AcqRel) {
        signal.target.wake(signal.token);
    }
}

/// A native queue, destroyed on drop.
struct Queue(NonNull<sys::rd_kafka_queue_t>);

impl Queue {
    fn new(queue: *mut sys::rd_kafka_queue_t) -> Option<Self> {
        NonNull::new(queue).map(Self)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the pointer came from librdkafka, and this is its only owner.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// The queue of one assigned partition, split off the consumer's.
pub(crate) struct PartitionQueue<C: ConsumerContext> {
    // Dropped in this order: the queue while the consumer still lives.
    queue: Queue,
    signal: Arc<Signal>,
    messages: Vec<*mut sys::rd_kafka_message_t>,
    _consumer: Rc<BaseConsumer<C>>,
}

impl<C: ConsumerContext> PartitionQueue<C> {
    /// Splits the queue of `partition` off, and has `wake` called with `token` whenever it becomes
    /// non-empty. `None` if there is no such partition.
    pub(crate) fn split(
        consumer: &Rc<BaseConsumer<C>>,
        topic: &str,
        partition: i32,
        wake: Arc<dyn Wake>,
        token: u32,
    ) -> Option<Self> {
        let topic = CString::new(topic).ok()?;
        // SAFETY: the client is alive and the topic is a C string.
        let queue = Queue::new(unsafe {
            sys::rd_kafka_queue_get_partition(
                consumer.client().native_ptr(),
                topic.as_ptr(),
                partition,
            )
        })?;
        let signal = Arc::new(Signal {
            target: wake,
            token,
            raised: AtomicBool::new(false),
        });
        // SAFETY: the queue is alive; the signal is in an `Arc`, which may be moved while it is pointed to, and it is freed
        // only after `drop` has disabled the callback.
        unsafe {
            sys::rd_kafka_queue_forward(queue.0.as_ptr(), ptr::null_mut());
            sys::rd_kafka_queue_cb_event_enable(
                queue.0.as_ptr(),
                Some(on_nonempty),
                Arc::as_ptr(&signal).cast_mut().cast(),
            );
        }
        Some(Self {
            queue,
            signal,
            messages: Vec::new(),
            _consumer: Rc::clone(consumer),
        })
    }

    /// Takes up to `max` messages off the queue without waiting, and lends each to `each`. Returns
    /// how many there were.
    ///
    /// Fewer than `max` means that the queue was empty; the next message raises a wake-up.
    pub(crate) fn read(&mut self, max: usize, mut each: impl FnMut(RawMessage<'_>)) -> usize {
        // Before reading, so that a message that arrives meanwhile raises it again.
        self.signal.raised.store(false, Ordering::Release);
        self.messages.clear();
        self.messages.resize(max, ptr::null_mut());
        // SAFETY: the queue is alive, and there is room for `max` pointers.
        let count = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.0.as_ptr(),
                0,
                self.messages.as_mut_ptr(),
                max,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        self.messages.truncate(count);
        let owned = Destroy(&self.messages);
        for message in owned.0 {
            if let Some(message) = NonNull::new(*message) {
                // SAFETY: librdkafka gave the message to us; `owned` destroys it after the borrow.
                each(RawMessage(unsafe { message.as_ref() }));
            }
        }
        count
    }
}

impl<C: ConsumerContext> Drop for PartitionQueue<C> {
    fn drop(&mut self) {
        // SAFETY: the queue is alive; after this call the callback is not running (module docs).
        unsafe { sys::rd_kafka_queue_cb_event_enable(self.queue.0.as_ptr(), None, ptr::null_mut()) }
    }
}

/// Destroys the messages of a read, also when their reader panics.
struct Destroy<'a>(&'a [*mut sys::rd_kafka_message_t]);

impl Drop for Destroy<'_> {
    fn drop(&mut self) {
        for message in self.0 {
            if !message.is_null() {
                // SAFETY: each message is ours and is destroyed once.
                unsafe { sys::rd_kafka_message_destroy(*message) }
            }
        }
    }
}

/// A message as librdkafka holds it, for as long as it is lent.
pub(crate) struct RawMessage<'a>(&'a sys::rd_kafka_message_t);

/// The message behind one that rdkafka holds.
pub(crate) fn raw<'a>(message: &'a BorrowedMessage<'_>) -> RawMessage<'a> {
    // SAFETY: rdkafka's pointer is never null, and lives as long as what it was borrowed from.
    RawMessage(unsafe { &*message.ptr() })
}

impl<'a> RawMessage<'a> {
    /// The topic's name.
    pub(crate) fn topic(&self) -> &'a str {
        if self.0.rkt.is_null() {
            return "";
        }
        // SAFETY: the topic lives as long as the message; its name is a C string.
        unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(self.0.rkt)) }
            .to_str()
            .unwrap_or_default()
    }

    /// The partition's number.
    pub(crate) fn partition(&self) -> i32 {
        self.0.partition
    }

    /// The error that stands in the message's place, if it is none.
    pub(crate) fn error(&self) -> Option<RDKafkaErrorCode> {
        match self.0.err {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => None,
            error => Some(error.into()),
        }
    }

    /// librdkafka's words for an error that stands in the message's place.
    pub(crate) fn error_text(&self) -> String {
        // SAFETY: the message is alive; the text is null or a C string that lives as long.
        unsafe {
            let text = sys::rd_kafka_message_errstr(self.0);
            if text.is_null() {
                String::new()
            } else {
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        }
    }

    /// The record's offset.
    pub(crate) fn offset(&self) -> i64 {
        self.0.offset
    }

    /// The record's key; `None` for a null key.
    pub(crate) fn key(&self) -> Option<&'a [u8]> {
        bytes(self.0.key, self.0.key_len)
    }

    /// The record's payload; `None` for a tombstone.
    pub(crate) fn payload(&self) -> Option<&'a [u8]> {
        bytes(self.0.payload, self.0.len)
    }

    /// The record's timestamp.
    pub(crate) fn timestamp(&self) -> Timestamp {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.0, &raw mut kind) };
        match kind {
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => {
                Timestamp::CreateTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => {
                Timestamp::LogAppendTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => {
                Timestamp::NotAvailable
            }
        }
    }

    /// Lends each header to `each`: its key as bytes, and its value, `None` for a null one.
    pub(crate) fn headers(&self, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is alive, and so are its headers, which it owns.
        let error = unsafe { sys::rd_kafka_message_headers(self.0, &raw mut headers) };
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
            return;
        }
        let mut index = 0;
        loop {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the headers are alive; the three pointers are valid for writes.
            let error = unsafe {
                sys::rd_kafka_header_get_all(
                    headers,
                    index,
                    &raw mut name,
                    &raw mut value,
                    &raw mut size,
                )
            };
            if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
                return;
            }
            // SAFETY: a header's name is a C string that lives as long as the headers.
            let name = unsafe { CStr::from_ptr(name) };
            each(name.to_bytes(), bytes(value, size));
            index += 1;
        }
    }
}

fn bytes<'a>(data: *const c_void, len: usize) -> Option<&'a [u8]> {
    if data.is_null() {
        return None;
    }
    // SAFETY: pointer and length come together from librdkafka, out of a message that is borrowed
    // for at least as long as its callers lend the slice.
    Some(unsafe { slice::from_raw_parts(data.cast(), len) })
}

/// How a commit ended.
#[derive(Debug)]
pub(crate) struct CommitReply {
    /// The error of the request as a whole.
    pub(crate) error: Option<RDKafkaErrorCode>,
    /// Topic, partition, committed offset, and the error of that partition.
    pub(crate) partitions: Vec<(String, i32, i64, Option<RDKafkaErrorCode>)>,
}

/// Commits without waiting, and keeps the replies until they are asked for.
pub(crate) struct CommitQueue<C: ConsumerContext> {
    queue: Queue,
    signal: Arc<Signal>,
    consumer: Rc<BaseConsumer<C>>,
}

impl<C: ConsumerContext> CommitQueue<C> {
    /// A queue for the replies to the commits of `consumer`, which has `wake` called with `token`
    /// when there is one. `None` if librdkafka has no memory for it.
    pub(crate) fn new(
        consumer: &Rc<BaseConsumer<C>>,
        wake: Arc<dyn Wake>,
        token: u32,
    ) -> Option<Self> {
        // SAFETY: the client is alive.
        let queue = Queue::new(unsafe { sys::rd_kafka_queue_new(consumer.client().native_ptr()) })?;
        let signal = Arc::new(Signal {
            target: wake,
            token,
            raised: AtomicBool::new(false),
        });
        // SAFETY: as in `PartitionQueue::split`.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(
                queue.0.as_ptr(),
                Some(on_nonempty),
                Arc::as_ptr(&signal).cast_mut().cast(),
            );
        }
        Some(Self {
            queue,
            signal,
            consumer: Rc::clone(consumer),
        })
    }

    /// Sends a commit of `offsets`, each the offset of the next record to read. One reply follows.
    ///
    /// # Errors
    /// librdkafka's, if the commit could not be sent at all; then no reply follows.
    pub(crate) fn commit(&self, offsets: &TopicPartitionList) -> Result<(), RDKafkaErrorCode> {
        // SAFETY: client, list and queue are alive; librdkafka copies the list and keeps a reference
        // to the queue; without a callback the reply is an event.
        let error = unsafe {
            sys::rd_kafka_commit_queue(
                self.consumer.client().native_ptr(),
                offsets.ptr(),
                self.queue.0.as_ptr(),
                None,
                ptr::null_mut(),
            )
        };
        match error {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            error => Err(error.into()),
        }
    }

    /// The next reply, if one is there.
    pub(crate) fn reply(&self) -> Option<CommitReply> {
        self.signal.raised.store(false, Ordering::Release);
        // SAFETY: the queue is alive; the event is destroyed below, after its last use.
        let event = NonNull::new(unsafe { sys::rd_kafka_queue_poll(self.queue.0.as_ptr(), 0) })?;
        // SAFETY: the event is alive; the list is null or owned by the event.
        let (error, list) = unsafe {
            (
                sys::rd_kafka_event_error(event.as_ptr()),
                sys::rd_kafka_event_topic_partition_list(event.as_ptr()),
            )
        };
        let mut partitions = Vec::new();
        if !list.is_null() {
            // SAFETY: `elems` points to `cnt` elements, whose topics are C strings.
            unsafe {
                let count = usize::try_from((*list).cnt).unwrap_or(0);
                for index in 0..count {
                    let element = &*(*list).elems.add(index);
                    partitions.push((
                        CStr::from_ptr(element.topic).to_string_lossy().into_owned(),
                        element.partition,
                        element.offset,
                        code(element.err),
                    ));
                }
            }
        }
        // SAFETY: the event is ours, and nothing borrows from it any more.
        unsafe { sys::rd_kafka_event_destroy(event.as_ptr()) }
        Some(CommitReply {
            error: code(error),
            partitions,
        })
    }
}

impl<C: ConsumerContext> Drop for CommitQueue<C> {
    fn drop(&mut self) {
        // SAFETY: as in `PartitionQueue::drop`.
        unsafe { sys::rd_kafka_queue_cb_event_enable(self.queue.0.as_ptr(), None, ptr::null_mut()) }
    }
}

fn code(error: sys::rd_kafka_resp_err_t) -> Option<RDKafkaErrorCode> {
    match error {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => None,
        error => Some(error.into()),
    }
}

/// The low and the high watermark of a partition as last fetched, without asking the broker; `None`
/// if nothing was fetched yet.
pub(crate) fn cached_watermarks<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
) -> Option<(i64, i64)> {
    let topic = CString::new(topic).ok()?;
    let (mut low, mut high) = (-1, -1);
    // SAFETY: the client is alive, the topic is a C string, and both numbers are valid for writes.
    let error = unsafe {
        sys::rd_kafka_get_watermark_offsets(
            consumer.client().native_ptr(),
            topic.as_ptr(),
            partition,
            &raw mut low,
            &raw mut high,
        )
    };
    (error == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0)
        .then_some((low, high))
}

/// How many events wait in the consumer's own queue.
pub(crate) struct ConsumerQueue<C: ConsumerContext> {
    queue: Queue,
    _consumer: Rc<BaseConsumer<C>>,
}

impl<C: ConsumerContext> ConsumerQueue<C> {
    /// The consumer's own queue; `None` if it is in no group.
    pub(crate) fn of(consumer: &Rc<BaseConsumer<C>>) -> Option<Self> {
        // SAFETY: the client is alive.
        let queue = Queue::new(unsafe {
            sys::rd_kafka_queue_get_consumer(consumer.client().native_ptr())
        })?;
        Some(Self {
            queue,
            _consumer: Rc::clone(consumer),
        })
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_length(self.queue.0.as_ptr()) }
    }
}

/// Lets the groups of the mock cluster that `client` owns start without the three seconds that it
/// waits for further members by default. Returns whether `client` owns one.
#[cfg(feature = "embedded")]
pub(crate) fn join_mock_groups_at_once<C: rdkafka::ClientContext>(
    client: &rdkafka::client::Client<C>,
) -> bool {
    // SAFETY: the client is alive, and owns the cluster that it returns.
    unsafe {
        let cluster = sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if cluster.is_null() {
            return false;
        }
        sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
        true
    }
}
