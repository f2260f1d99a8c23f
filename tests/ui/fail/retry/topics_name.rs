use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["events-retry"]))]
struct Event {
    id: u64,
}

fn main() {}
