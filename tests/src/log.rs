//! Logs of a test, to be seen when it fails.

use tracing_subscriber::EnvFilter;

/// Sends what is logged to the test's output, at the levels that `RUST_LOG` names (`warn` if it is not
/// set).
pub fn show_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // A test binary has many tests, and one subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer()
        .try_init();
}
