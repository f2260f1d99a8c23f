use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", pinned(order))]
struct Event {
    id: u64,
}

fn main() {}
