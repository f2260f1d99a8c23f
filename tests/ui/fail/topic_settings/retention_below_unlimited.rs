use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", retention_ms = -2))]
struct Event {
    id: u64,
}

fn main() {}
