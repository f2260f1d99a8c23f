use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", remote_storage_enable = true, retention_ms = "1d", local_retention_ms = "2d"))]
struct Event {
    id: u64,
}

fn main() {}
