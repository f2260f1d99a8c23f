use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", cleanup_policy = "compact", remote_storage_enable = true))]
struct Event {
    id: u64,
}

fn main() {}
