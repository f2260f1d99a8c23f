use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(attempts = 5, backoff = 100..10_000))]
struct Event {
    id: u64,
}

fn main() {}
