use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", retention.ms = "7d"))]
struct Event {
    id: u64,
}

fn main() {}
