use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", drain_timeout_ms = "5s")]
struct Event {
    id: u64,
}

fn main() {}
