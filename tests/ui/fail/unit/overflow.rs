use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(group_id = "events", fetch_max_bytes = "99999999999999GiB")
)]
struct Event {
    id: u64,
}

fn main() {}
