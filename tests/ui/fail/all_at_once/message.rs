use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "orders/eu",
    key = idd,
    max_bufered = 100,
    concurrency = 0,
    concurrency = 4,
    order = keys,
    session_timeout_ms = "10s",
    dedicated(
        max_poll_interval_ms = "5 fortnights",
        enable_auto_commit = false,
        sasl_password = "hunter2",
        heartbeat_interval_ms = "10s",
        topic = "others"
    )
)]
struct Order {
    #[kafka(key)]
    id: u64,
}

fn main() {}
