use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", session_timeout_ms = "10s")]
struct Event {
    id: u64,
}

fn main() {}
