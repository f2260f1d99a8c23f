use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        drain_timeout_ms = "60s",
        max_poll_interval_ms = "60s"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
