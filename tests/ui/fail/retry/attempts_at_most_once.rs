use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", delivery = "at_most_once", retry(attempts = 5))]
struct Event {
    id: u64,
}

fn main() {}
