use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        max_partition_fetch_bytes = "1MiB",
        fetch_message_max_bytes = "2MiB"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
