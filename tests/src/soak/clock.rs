//! The clock that all logs share: nanoseconds of the wall clock, which is also what brokers stamp with.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch.
pub type Nanos = u64;

/// Now.
///
/// # Panics
/// If the clock stands before 1970.
#[must_use]
pub fn now() -> Nanos {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    nanos(since)
}

/// A duration in nanoseconds.
#[must_use]
pub fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A broker's timestamp.
#[must_use]
pub fn of_millis(millis: i64) -> Nanos {
    u64::try_from(millis).unwrap_or(0).saturating_mul(1_000_000)
}

/// In seconds, for people.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "only shown")]
pub fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / 1e9
}

/// Notices when the wall clock is set: times of different moments cannot be compared then.
#[derive(Debug)]
pub struct Steadiness {
    wall: Nanos,
    steady: Instant,
}

impl Steadiness {
    /// Begins to watch.
    #[must_use]
    pub fn watch() -> Self {
        Self {
            wall: now(),
            steady: Instant::now(),
        }
    }

    /// How far the wall clock has gone astray since.
    #[must_use]
    pub fn astray(&self) -> Duration {
        let wall = now();
        let steady = self.wall + nanos(self.steady.elapsed());
        Duration::from_nanos(wall.abs_diff(steady))
    }
}
