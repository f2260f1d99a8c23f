use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

const LIMIT: usize = 100;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", max_buffered = LIMIT)]
struct Event {
    id: u64,
}

fn main() {}
