use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", start_immediately = "false")]
struct Event {
    id: u64,
}

fn main() {}
