use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        message_max_bytes = "2MiB",
        fetch_max_bytes = "1MiB"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
