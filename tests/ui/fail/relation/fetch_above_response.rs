use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        fetch_max_bytes = "50MiB",
        receive_message_max_bytes = "50MiB"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
