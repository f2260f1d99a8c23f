use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dlq = "events.dead")]
struct Event {
    id: u64,
}

fn main() {}
