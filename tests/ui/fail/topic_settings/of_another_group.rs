use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dead_letter(topic = "events.dead", partitions = 6))]
struct Event {
    id: u64,
}

fn main() {}
