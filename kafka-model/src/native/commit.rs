//! Commits whose end is told.

use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use super::queue::{Wake, Watched};
use super::{code, sys};

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
    queue: Watched,
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
        Some(Self {
            queue: Watched::of(consumer, wake, token)?,
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
                self.queue.ptr(),
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
        // SAFETY: the queue is alive; the event is destroyed below, after its last use.
        let event = NonNull::new(unsafe { sys::rd_kafka_queue_poll(self.queue.to_read(), 0) })?;
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
