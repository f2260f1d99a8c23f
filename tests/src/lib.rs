//! What the integration tests share: the broker that they run on, and clients that are not ours.
//!
//! The tests run on the embedded broker, or, if `KAFKA_MODEL_TEST_BOOTSTRAP` is set, on that real Kafka
//! (`tests/kafka/with-kafka.sh` starts one). Those that only a real one can show are `#[ignore]`d
//! with a reason, and run with `--include-ignored`.

mod base64;
mod broker;
mod capture;
mod heard;
mod interposed;
mod load;
mod log;
mod plain;
mod proxy;
mod secured;
pub mod soak;
mod soon;
mod trace;
mod wait;
mod wire;
mod work;
mod worker;

pub use base64::base64;
pub use broker::Broker;
pub use capture::{Logs, capture_logs};
pub use heard::Heard;
pub use interposed::Interposed;
pub use load::{Load, some_records};
pub use log::show_logs;
pub use plain::{Plain, RawRecord};
pub use proxy::proxy;
pub use secured::{Secured, Settings, jwt, token};
pub use soon::soon;
pub use trace::{AtWork, Spot, Trace};
pub use wait::until;
pub use wire::{produce_corrupt, produce_raw};
pub use work::random_work;
pub use worker::{Line, WorkerProcess, times_handled};

use std::time::Duration;

/// How long a test waits for something that should happen soon: far longer than it takes, so that a slow
/// machine does not fail it.
pub const SOON: Duration = Duration::from_secs(60);
