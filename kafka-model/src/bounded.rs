//! Calls of the user's code that may block, from threads that must not.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::handler::FailureReason;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// It took too long. It still runs; what it gives is dropped.
    TooLate,
    /// It panicked, or there was no thread for it.
    Failed(String),
}

/// What `call` gives, on a thread of its own, within `timeout`.
pub(crate) fn call<T: Send + 'static>(
    thread: &str,
    timeout: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name(thread.to_owned())
        .spawn(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(call));
            // Whoever asked may have stopped waiting.
            let _ = sender.send(result);
        })
        .map_err(|error| NoAnswer::Failed(format!("no thread could be started: {error}")))?;
    match receiver.recv_timeout(timeout) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(NoAnswer::Failed(FailureReason::panic(&*panic).to_string())),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(NoAnswer::TooLate),
    }
}
