use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s"]))]
struct Event {
    id: u64,
}

fn main() {}
