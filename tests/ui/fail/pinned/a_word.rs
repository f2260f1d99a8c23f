use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(pinned(topic = "events", order = "none"))]
struct Event {
    id: u64,
}

fn main() {}
