use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = id, key = id)]
struct Event {
    id: u64,
}

fn main() {}
