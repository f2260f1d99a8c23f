//! Waiting for something to happen.

use std::time::{Duration, Instant};

use crate::SOON;

/// Returns once `condition` holds, which is looked at every few milliseconds.
///
/// # Panics
/// If it does not hold [`SOON`], with what `state` says then.
pub async fn until<S: std::fmt::Debug>(
    what: &str,
    mut condition: impl FnMut() -> bool,
    state: impl FnOnce() -> S,
) {
    let deadline = Instant::now() + SOON;
    while !condition() {
        assert!(
            Instant::now() < deadline,
            "{what}: not within {SOON:?}; {:#?}",
            state()
        );
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}
