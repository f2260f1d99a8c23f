//! Questions to the cluster about topics and groups, and changes of topics.
//!
//! rdkafka has a client for some of these, but it never serves the client's own events: nobody would hear why a
//! connection fails, and no token of OAUTHBEARER would ever come (KIP-255). And it does not ask what is allowed
//! (KIP-430), nor alter single configs (KIP-339).

mod change;
mod describe;

pub(crate) use change::{NewTopic, TopicResult};

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use super::queue::Queue;
use super::{code, sys};

/// How long an answer is waited for in one go.
const SLICE: Duration = Duration::from_millis(100);
/// What the client may take to say itself that a request timed out.
const GRACE: Duration = Duration::from_secs(1);

/// Why a request failed as a whole, or for one of the things it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminError {
    /// `None`: the client never answered.
    pub(crate) code: Option<RDKafkaErrorCode>,
    pub(crate) reason: String,
}

/// A client that asks and waits: not for threads of tokio.
pub(crate) struct Admin<'a, C: ConsumerContext> {
    client: &'a BaseConsumer<C>,
    timeout: Duration,
}

impl<'a, C: ConsumerContext> Admin<'a, C> {
    /// Asks by `client`, each time for `timeout` at most.
    pub(crate) fn new(client: &'a BaseConsumer<C>, timeout: Duration) -> Self {
        Self { client, timeout }
    }

    fn rk(&self) -> *mut sys::rd_kafka_t {
        self.client.client().native_ptr()
    }

    /// Has `ask` send a request, waits for its answer, and has `read` make something of it.
    ///
    /// `ask` gets the client, options for `operation`, and the queue for the answer, all of which live through the
    /// call. `read` gets an event that is alive until it returns.
    fn request<T>(
        &self,
        operation: sys::rd_kafka_admin_op_t,
        ask: impl FnOnce(
            *mut sys::rd_kafka_t,
            *mut sys::rd_kafka_AdminOptions_t,
            *mut sys::rd_kafka_queue_t,
        ),
        read: impl FnOnce(NonNull<sys::rd_kafka_event_t>) -> T,
    ) -> Result<T, AdminError> {
        // SAFETY: the client is alive.
        let queue = Queue::new(unsafe { sys::rd_kafka_queue_new(self.rk()) });
        let Some(queue) = queue else {
            return Err(no_answer("librdkafka gave no queue"));
        };
        let options = Options::new(self.rk(), operation, self.timeout);
        ask(self.rk(), options.0, queue.ptr());
        drop(options);
        let deadline = Instant::now() + self.timeout + GRACE;
        loop {
            // SAFETY: the queue is alive; the event is destroyed below, after its last use.
            let event = unsafe { sys::rd_kafka_queue_poll(queue.ptr(), millis(SLICE)) };
            // The client's errors and its need of a token arrive only through `poll`.
            for _ in 0..8 {
                let _ = self.client.poll(Duration::ZERO);
            }
            let Some(event) = NonNull::new(event) else {
                if Instant::now() >= deadline {
                    return Err(no_answer("no answer came in time"));
                }
                continue;
            };
            // SAFETY: the event is alive; the text lives as long.
            let (error, reason) = unsafe {
                (
                    code(sys::rd_kafka_event_error(event.as_ptr())),
                    text(sys::rd_kafka_event_error_string(event.as_ptr())),
                )
            };
            let answer = match error {
                Some(code) => Err(AdminError {
                    code: Some(code),
                    reason: reason.unwrap_or_else(|| code.to_string()),
                }),
                None => Ok(read(event)),
            };
            // SAFETY: the event is ours, and nothing borrows from it any more.
            unsafe { sys::rd_kafka_event_destroy(event.as_ptr()) }
            return answer;
        }
    }
}

/// The options of a request, destroyed on drop.
struct Options(*mut sys::rd_kafka_AdminOptions_t);

impl Options {
    fn new(
        rk: *mut sys::rd_kafka_t,
        operation: sys::rd_kafka_admin_op_t,
        timeout: Duration,
    ) -> Self {
        use sys::rd_kafka_admin_op_t as Op;
        // SAFETY: the client is alive; the options are, until they are dropped; nobody wants the errors' texts, and
        // the errors that are returned are destroyed.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(rk, operation);
            let none = std::ptr::null_mut();
            sys::rd_kafka_AdminOptions_set_request_timeout(options, millis(timeout), none, 0);
            match operation {
                Op::RD_KAFKA_ADMIN_OP_CREATETOPICS | Op::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS => {
                    sys::rd_kafka_AdminOptions_set_operation_timeout(
                        options,
                        millis(timeout),
                        none,
                        0,
                    );
                }
                Op::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS
                | Op::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS => {
                    let error =
                        sys::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
                    if !error.is_null() {
                        sys::rd_kafka_error_destroy(error);
                    }
                }
                _ => {}
            }
            Self(options)
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: they are ours, and librdkafka copied what it needs.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) }
    }
}

fn no_answer(reason: &str) -> AdminError {
    AdminError {
        code: None,
        reason: reason.to_owned(),
    }
}

fn millis(duration: Duration) -> c_int {
    // librdkafka takes an hour at most.
    c_int::try_from(duration.as_millis()).map_or(3_600_000, |millis| millis.clamp(1, 3_600_000))
}

/// # Safety
/// The pointer must be null or a C string.
unsafe fn text(text: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: as the caller says.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() })
}

/// The error with its text; `None` if it is none.
///
/// # Safety
/// The pointer must be null or an error that is alive.
unsafe fn error(error: *const sys::rd_kafka_error_t) -> Option<AdminError> {
    if error.is_null() {
        return None;
    }
    // SAFETY: the error is alive, and so is its text.
    unsafe {
        let code = code(sys::rd_kafka_error_code(error))?;
        let reason = text(sys::rd_kafka_error_string(error));
        Some(AdminError {
            code: Some(code),
            reason: reason.unwrap_or_else(|| code.to_string()),
        })
    }
}

/// The items of an array that librdkafka gave.
///
/// # Safety
/// The array must be null or have so many items.
unsafe fn items<T: Copy>(array: *const T, count: usize) -> Vec<T> {
    if array.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller says.
    (0..count)
        .map(|index| unsafe { *array.add(index) })
        .collect()
}
