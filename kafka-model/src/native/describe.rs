//! What the cluster says of topics: their ids, and how many partitions they have.

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use super::queue::{Wake, Watched};
use super::{code, sys};

/// One topic, as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicFacts {
    pub(crate) topic: String,
    /// Another one after the topic was deleted and created again (KIP-516). `None` if the broker did not say.
    pub(crate) id: Option<String>,
    pub(crate) partitions: usize,
    /// How many replicas its partitions have, at least.
    pub(crate) replication: usize,
    /// What this client may do with it (KIP-430); `None` if it was not asked or the broker did not say.
    pub(crate) allowed: Option<Allowed>,
    /// Why nothing is known of it.
    pub(crate) error: Option<RDKafkaErrorCode>,
}

/// What a client may do with a topic or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// Asks for topics without waiting, by the consumer's own connections, and keeps the answers until they are asked
/// for. What the client itself believes of the topics is neither used nor changed.
pub(crate) struct DescribeQueue<C: ConsumerContext> {
    queue: Watched,
    consumer: Rc<BaseConsumer<C>>,
}

impl<C: ConsumerContext> DescribeQueue<C> {
    /// A queue for the answers, which has `wake` called with `token` when there is one. `None` if librdkafka has no
    /// memory for it.
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

    /// Asks for `topics`, of which none may be there twice. One answer follows, after the client's
    /// `socket.timeout.ms` at the latest.
    pub(crate) fn ask<'a>(&self, topics: impl IntoIterator<Item = &'a str>) {
        let names: Vec<_> = topics
            .into_iter()
            .filter_map(|topic| CString::new(topic).ok())
            .collect();
        let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        // SAFETY: the names are C strings that live until the collection has copied them; client and queue are
        // alive, and librdkafka keeps copies of the collection and a reference to the queue; null options are the
        // default ones. The collection is ours, and destroyed after its last use.
        unsafe {
            let collection =
                sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            sys::rd_kafka_DescribeTopics(
                self.consumer.client().native_ptr(),
                collection,
                ptr::null(),
                self.queue.ptr(),
            );
            sys::rd_kafka_TopicCollection_destroy(collection);
        }
    }

    /// The next answer, if one is there.
    pub(crate) fn answer(&self) -> Option<Result<Vec<TopicFacts>, RDKafkaErrorCode>> {
        // SAFETY: the queue is alive; the event is destroyed below, after its last use.
        let event = NonNull::new(unsafe { sys::rd_kafka_queue_poll(self.queue.to_read(), 0) })?;
        // SAFETY: the event is alive.
        let error = code(unsafe { sys::rd_kafka_event_error(event.as_ptr()) });
        let answer = match error {
            Some(error) => Err(error),
            // SAFETY: the event is alive, and nothing of it is kept.
            None => Ok(unsafe { topics(event) }),
        };
        // SAFETY: the event is ours, and nothing borrows from it any more.
        unsafe { sys::rd_kafka_event_destroy(event.as_ptr()) }
        Some(answer)
    }
}

/// What an answer says; nothing if it is one of another kind.
///
/// # Safety
/// The event must be alive.
pub(super) unsafe fn topics(event: NonNull<sys::rd_kafka_event_t>) -> Vec<TopicFacts> {
    // SAFETY: the result is null or lives as long as the event, and so does all that it gives; `count` is how many
    // pointers there are; names and ids are C strings.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event.as_ptr());
        if result.is_null() {
            return Vec::new();
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if topics.is_null() {
            return Vec::new();
        }
        (0..count)
            .filter_map(|index| {
                let topic = *topics.add(index);
                let name = text(sys::rd_kafka_TopicDescription_name(topic))?;
                let error = sys::rd_kafka_TopicDescription_error(topic);
                let error = if error.is_null() {
                    None
                } else {
                    code(sys::rd_kafka_error_code(error))
                };
                let id = id(sys::rd_kafka_TopicDescription_topic_id(topic));
                let mut partitions = 0;
                let each = sys::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
                let mut operations = 0;
                let allowed_there = sys::rd_kafka_TopicDescription_authorized_operations(
                    topic,
                    &raw mut operations,
                );
                Some(TopicFacts {
                    topic: name,
                    id,
                    partitions,
                    replication: replication(each.cast_const(), partitions),
                    allowed: allowed(allowed_there, operations),
                    error,
                })
            })
            .collect()
    }
}

/// How many replicas the partition with the fewest has.
///
/// # Safety
/// The array must be null or have so many partitions, which are alive.
unsafe fn replication(
    partitions: *const *const sys::rd_kafka_TopicPartitionInfo_t,
    count: usize,
) -> usize {
    if partitions.is_null() {
        return 0;
    }
    let replicas = (0..count).map(|index| {
        let mut replicas = 0;
        // SAFETY: as the caller says.
        unsafe {
            sys::rd_kafka_TopicPartitionInfo_replicas(*partitions.add(index), &raw mut replicas);
        }
        replicas
    });
    replicas.min().unwrap_or(0)
}

/// What is allowed by these operations; `None` if the broker did not say.
///
/// # Safety
/// The array must be null or have so many operations.
pub(super) unsafe fn allowed(
    operations: *const sys::rd_kafka_AclOperation_t,
    count: usize,
) -> Option<Allowed> {
    use sys::rd_kafka_AclOperation_t as Operation;
    if operations.is_null() {
        return None;
    }
    // As numbers: a later Kafka may have operations that the enum has not.
    let operations = operations.cast::<std::ffi::c_int>();
    let may = |wanted: Operation| {
        // SAFETY: as the caller says; the enum is C's, and so as large as an `int`.
        (0..count).any(|index| unsafe { *operations.add(index) } == wanted as std::ffi::c_int)
    };
    Some(Allowed {
        read: may(Operation::RD_KAFKA_ACL_OPERATION_READ),
        write: may(Operation::RD_KAFKA_ACL_OPERATION_WRITE),
    })
}

/// A topic's id; librdkafka has the zero one where the broker gave none.
///
/// # Safety
/// The pointer must be null or an id that is alive.
unsafe fn id(id: *const sys::rd_kafka_Uuid_t) -> Option<String> {
    if id.is_null() {
        return None;
    }
    // SAFETY: the id is alive, and its text is a C string that lives as long.
    unsafe {
        let bits = sys::rd_kafka_Uuid_most_significant_bits(id)
            | sys::rd_kafka_Uuid_least_significant_bits(id);
        if bits == 0 {
            return None;
        }
        text(sys::rd_kafka_Uuid_base64str(id)).filter(|id| !id.is_empty())
    }
}

/// # Safety
/// The pointer must be null or a C string.
unsafe fn text(text: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: as the caller says.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(most: i64, least: i64) -> Option<String> {
        // SAFETY: the id is alive until it is destroyed.
        unsafe {
            let uuid = sys::rd_kafka_Uuid_new(most, least);
            let id = id(uuid);
            sys::rd_kafka_Uuid_destroy(uuid);
            id
        }
    }

    #[test]
    fn the_zero_id_is_none() {
        assert_eq!(of(0, 0), None);
        // SAFETY: null is allowed.
        assert_eq!(unsafe { id(ptr::null()) }, None);
        assert_eq!(of(0, 2).as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAg"));
        assert!(of(1, 0).is_some());
    }
}
