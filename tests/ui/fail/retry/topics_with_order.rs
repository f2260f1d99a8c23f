use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "partition", retry(topics = ["10s", "1m"]))]
struct Event {
    id: u64,
}

fn main() {}
