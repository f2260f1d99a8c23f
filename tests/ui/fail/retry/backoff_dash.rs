use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(attempts = 5, backoff = "100ms-10s"))]
struct Event {
    id: u64,
}

fn main() {}
