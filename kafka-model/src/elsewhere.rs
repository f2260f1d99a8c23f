//! Clients whose end must not hold up whoever lets go of them.

use std::ops::Deref;
use std::thread;

/// A value that is dropped on a thread of its own.
///
/// The end of a client waits for its threads, which must not happen on a thread of tokio's; and the
/// last handle of a client can be dropped anywhere.
#[derive(Debug)]
pub(crate) struct Elsewhere<T: Send + 'static>(Option<T>);

impl<T: Send> Elsewhere<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T: Send> Deref for Elsewhere<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // It is only taken out when it is dropped.
        self.0.as_ref().unwrap_or_else(|| unreachable!())
    }
}

impl<T: Send> Drop for Elsewhere<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            // Without a thread the value is dropped here: late is better than never.
            let _ = thread::Builder::new()
                .name("kafka-client-end".to_owned())
                .spawn(move || drop(value));
        }
    }
}
