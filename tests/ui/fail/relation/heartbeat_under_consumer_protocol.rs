use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        group_protocol = "consumer",
        heartbeat_interval_ms = "1s"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
