use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = customer)]
enum Event {
    Placed { id: u64 },
    Cancelled { id: u64 },
}

fn main() {}
