use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        group_protocol = "consumer",
        partition_assignment_strategy = "range"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
