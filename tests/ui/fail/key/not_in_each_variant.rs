use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = id)]
enum Event {
    Placed { id: u64 },
    Cancelled { reason: String },
}

fn main() {}
