use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", segment_bytes = "64KiB"))]
struct Event {
    id: u64,
}

fn main() {}
