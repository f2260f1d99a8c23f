//! Native queues, and how they tell that they have something.

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};

use super::sys;

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
pub(super) struct Queue(NonNull<sys::rd_kafka_queue_t>);

impl Queue {
    pub(super) fn new(queue: *mut sys::rd_kafka_queue_t) -> Option<Self> {
        NonNull::new(queue).map(Self)
    }

    pub(super) fn ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the pointer came from librdkafka, and this is its only owner.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// A queue that tells when it is no longer empty.
pub(super) struct Watched {
    queue: Queue,
    signal: Arc<Signal>,
}

impl Watched {
    /// Has `wake` called with `token` whenever `queue` becomes non-empty.
    pub(super) fn new(queue: Queue, wake: Arc<dyn Wake>, token: u32) -> Self {
        let signal = Arc::new(Signal {
            target: wake,
            token,
            raised: AtomicBool::new(false),
        });
        // SAFETY: the queue is alive; the signal is in an `Arc`, which may be moved while it is pointed to,
        // and is freed only after `drop` has disabled the callback.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(
                queue.ptr(),
                Some(on_nonempty),
                Arc::as_ptr(&signal).cast_mut().cast(),
            );
        }
        Self { queue, signal }
    }

    /// A new queue of this client, for what it is asked to put there. `None` if librdkafka has no memory for it.
    pub(super) fn of<C: ConsumerContext>(
        consumer: &BaseConsumer<C>,
        wake: Arc<dyn Wake>,
        token: u32,
    ) -> Option<Self> {
        // SAFETY: the client is alive.
        let queue = Queue::new(unsafe { sys::rd_kafka_queue_new(consumer.client().native_ptr()) })?;
        Some(Self::new(queue, wake, token))
    }

    /// The queue, to be read until it is empty: what comes from now on is told again.
    pub(super) fn to_read(&self) -> *mut sys::rd_kafka_queue_t {
        self.signal.raised.store(false, Ordering::Release);
        self.queue.ptr()
    }

    pub(super) fn ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.queue.ptr()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: the queue is alive; after this call the callback is not running (module docs).
        unsafe { sys::rd_kafka_queue_cb_event_enable(self.queue.ptr(), None, ptr::null_mut()) }
    }
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
        unsafe { sys::rd_kafka_queue_length(self.queue.ptr()) }
    }
}
