use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(attempts = 5, backoff = "1m..2h"))]
struct Event {
    id: u64,
}

fn main() {}
