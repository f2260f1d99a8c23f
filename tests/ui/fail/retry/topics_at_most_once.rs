use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", delivery = "at_most_once", retry(topics = ["10s"]))]
struct Event {
    id: u64,
}

fn main() {}
