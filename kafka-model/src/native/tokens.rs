//! Tokens for SASL/OAUTHBEARER, given to a client by a thread that does not poll it.

use std::ffi::{CStr, CString};
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::producer::{Producer as _, ProducerContext, ThreadedProducer};
use zeroize::Zeroize as _;

use super::{code, sys};

/// How long librdkafka's texts about a token may be.
const TEXT: usize = 512;

/// What has a native client.
///
/// # Safety
/// The client must be the same one, and alive, for as long as `self` is, wherever that is moved.
pub(crate) unsafe trait Native {
    /// The client.
    fn native(&self) -> *mut sys::rd_kafka_t;
}

// SAFETY: the consumer owns its client, which lies elsewhere, and destroys it when it is dropped.
unsafe impl<C: ConsumerContext> Native for BaseConsumer<C> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.client().native_ptr()
    }
}

// SAFETY: this is one of the owners of such a consumer.
unsafe impl<C: ConsumerContext> Native for Rc<BaseConsumer<C>> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.client().native_ptr()
    }
}

// SAFETY: the producer owns its client, which lies elsewhere, and destroys it when it is dropped.
unsafe impl<C: ProducerContext> Native for ThreadedProducer<C> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.client().native_ptr()
    }
}

/// A client to which tokens can be given from other threads, until this is dropped.
#[derive(Debug)]
pub(crate) struct Supplied<T> {
    slot: Arc<Slot>,
    client: T,
}

impl<T: Native> Supplied<T> {
    pub(crate) fn new(client: T) -> Self {
        let slot = Slot {
            state: Mutex::new(State {
                client: NonNull::new(client.native()).map(Pointer),
                failing: None,
            }),
            gone: Condvar::new(),
        };
        Self {
            slot: Arc::new(slot),
            client,
        }
    }
}

impl<T> Supplied<T> {
    /// What gives tokens to it.
    pub(crate) fn supplier(&self) -> Supplier {
        Supplier(Arc::clone(&self.slot))
    }

    /// Why there is no new token, if the last attempt to get one failed.
    pub(crate) fn failing(&self) -> Option<String> {
        self.slot.state().failing.clone()
    }
}

impl<T> Deref for Supplied<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.client
    }
}

impl<T> Drop for Supplied<T> {
    fn drop(&mut self) {
        // Before the client goes: `client` is dropped after this.
        self.slot.state().client = None;
        self.slot.gone.notify_all();
    }
}

/// Gives tokens to a client that may be gone.
#[derive(Clone, Debug)]
pub(crate) struct Supplier(Arc<Slot>);

impl Supplier {
    /// Gives it `token`, which is `principal`'s until `expires_ms` (since 1970). Nothing if the client is gone.
    ///
    /// # Errors
    /// If it does not take the token. The text does not have the token in it.
    pub(crate) fn set(&self, token: &str, principal: &str, expires_ms: i64) -> Result<(), String> {
        let text = CString::new(token).map_err(|_| "the token has a zero byte".to_owned())?;
        let owner =
            CString::new(principal).map_err(|_| "the principal has a zero byte".to_owned())?;
        let mut why = [0; TEXT];
        let mut state = self.0.state();
        let Some(Pointer(client)) = &state.client else {
            return Ok(());
        };
        // SAFETY: the client is alive: whoever ends it clears the pointer first, for which it needs the lock that is held
        // here. The texts are C strings, which librdkafka copies; there are no extensions; `why` is as long as is said.
        let error = unsafe {
            sys::rd_kafka_oauthbearer_set_token(
                client.as_ptr(),
                text.as_ptr(),
                expires_ms,
                owner.as_ptr(),
                ptr::null_mut(),
                0,
                why.as_mut_ptr(),
                why.len(),
            )
        };
        // The copy of it is overwritten.
        text.into_bytes().zeroize();
        if code(error).is_none() {
            state.failing = None;
            return Ok(());
        }
        // SAFETY: librdkafka ends its text, if there is any; the last byte was zero before and is beyond what it writes.
        let why = unsafe { CStr::from_ptr(why.as_ptr()) };
        let why = why.to_string_lossy();
        // An unusable character is shown with all of the token that it stands in.
        Err(match why.split_once("visible characters") {
            Some(_) => "the token has characters that cannot be sent".to_owned(),
            None => why.into_owned(),
        })
    }

    /// Tells the client that there is no new token, and why. It keeps the one that it has.
    pub(crate) fn fail(&self, reason: &str) {
        let mut state = self.0.state();
        state.failing = Some(reason.to_owned());
        let Some(Pointer(client)) = &state.client else {
            return;
        };
        let reason = CString::new(reason.replace('\0', " ")).unwrap_or_default();
        // SAFETY: the client is alive, as above; the reason is a C string, which librdkafka copies.
        unsafe {
            sys::rd_kafka_oauthbearer_set_token_failure(client.as_ptr(), reason.as_ptr());
        }
    }

    /// Waits for this long, or until the client is gone. Whether it is still there.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self
            .0
            .gone
            .wait_timeout_while(self.0.state(), time, |state| state.client.is_some());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.client.is_some()
    }
}

#[derive(Debug)]
struct Slot {
    state: Mutex<State>,
    gone: Condvar,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct State {
    /// The client, until its owner lets go of it.
    client: Option<Pointer>,
    failing: Option<String>,
}

#[derive(Debug)]
struct Pointer(NonNull<sys::rd_kafka_t>);

// SAFETY: librdkafka's clients may be used by any thread.
unsafe impl Send for Pointer {}
