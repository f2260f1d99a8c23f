use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(group_id = "events", sasl_password = "hunter2")
)]
struct Event {
    id: u64,
}

fn main() {}
