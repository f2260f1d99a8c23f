use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", max_handling = "5m")]
struct Event {
    id: u64,
}

fn main() {}
