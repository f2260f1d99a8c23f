use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", partitions = 0))]
struct Event {
    id: u64,
}

fn main() {}
