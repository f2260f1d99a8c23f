use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(group_id = "events", enable_auto_commit = false)
)]
struct Event {
    id: u64,
}

fn main() {}
