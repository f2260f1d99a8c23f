use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", max_handling_ms = "2d")]
struct Event {
    id: u64,
}

fn main() {}
