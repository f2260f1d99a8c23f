use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", min_cleanable_dirty_ratio = 1.5))]
struct Event {
    id: u64,
}

fn main() {}
