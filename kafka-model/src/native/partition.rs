//! Reading an assigned partition, a batch at a time.

use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};

use super::message::RawMessage;
use super::queue::{Queue, Wake, Watched};
use super::sys;

/// The queue of one assigned partition, split off the consumer's.
pub(crate) struct PartitionQueue<C: ConsumerContext> {
    // Dropped in this order: the queue while the consumer still lives.
    queue: Watched,
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
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_forward(queue.ptr(), ptr::null_mut()) }
        Some(Self {
            queue: Watched::new(queue, wake, token),
            messages: Vec::new(),
            _consumer: Rc::clone(consumer),
        })
    }

    /// Takes up to `max` messages off the queue without waiting, and lends each to `each`. Returns
    /// how many there were.
    ///
    /// Fewer than `max` means that the queue was empty; the next message raises a wake-up.
    pub(crate) fn read(&mut self, max: usize, mut each: impl FnMut(RawMessage<'_>)) -> usize {
        self.messages.clear();
        self.messages.resize(max, ptr::null_mut());
        // Before reading, so that a message that arrives meanwhile is told of again.
        let queue = self.queue.to_read();
        // SAFETY: the queue is alive, and there is room for `max` pointers.
        let count =
            unsafe { sys::rd_kafka_consume_batch_queue(queue, 0, self.messages.as_mut_ptr(), max) };
        let count = usize::try_from(count).unwrap_or(0);
        self.messages.truncate(count);
        let owned = Destroy(&self.messages);
        for message in owned.0 {
            if let Some(message) = NonNull::new(*message) {
                // SAFETY: librdkafka gave the message to us; `owned` destroys it after the borrow.
                each(RawMessage::new(unsafe { message.as_ref() }));
            }
        }
        count
    }
}

impl<C: ConsumerContext> PartitionQueue<C> {
    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_length(self.queue.ptr()) }
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
