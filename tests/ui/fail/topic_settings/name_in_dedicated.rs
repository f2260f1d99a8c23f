use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(dedicated(group_id = "events", topic(name = "events", partitions = 6)))]
struct Event {
    id: u64,
}

fn main() {}
