//! Waiting for a condition alone.

use std::time::{Duration, Instant};

use crate::SOON;

/// Returns once `condition` holds, which is looked at every few milliseconds.
///
/// # Panics
/// If it does not hold [`SOON`]; the message says `what` was waited for, and where.
#[track_caller]
pub fn soon(what: &str, mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + SOON;
        while !condition() {
            assert!(
                Instant::now() < deadline,
                "{caller}: waited in vain for: {what}"
            );
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
}
