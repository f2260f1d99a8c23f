use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["1s", "50ms"]))]
struct Event {
    id: u64,
}

fn main() {}
