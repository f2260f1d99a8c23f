use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        group_protocol = "classic",
        group_remote_assignor = "uniform"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
