//! What the integration tests share: the broker that they run on, and clients that are not ours.
//!
//! The tests run on the embedded broker, or, if `KAFKA_MODEL_TEST_BOOTSTRAP` is set, on that real Kafka
//! (`tests/kafka/with-kafka.sh` starts one). Those that only a real one can show are `#[ignore]`d
//! with a reason, and run with `--include-ignored`.

mod broker;
mod log;
mod plain;

pub use broker::Broker;
pub use log::show_logs;
pub use plain::{Plain, RawRecord};

use std::time::Duration;

/// How long a test waits for something that should happen soon: far longer than it takes, so that a slow
/// machine does not fail it.
pub const SOON: Duration = Duration::from_secs(60);
