use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(topics = ["10s"], order = "none"))]
struct Event {
    id: u64,
}

fn main() {}
