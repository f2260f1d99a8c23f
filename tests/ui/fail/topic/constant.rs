use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

const TOPIC: &str = "events";

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = TOPIC)]
struct Event {
    id: u64,
}

fn main() {}
