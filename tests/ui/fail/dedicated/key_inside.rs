use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "key", dedicated(group_id = "events", key = id))]
struct Event {
    id: u64,
}

fn main() {}
