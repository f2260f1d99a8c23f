use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", max_buffered = 100 concurrency = 2)]
struct Event {
    id: u64,
}

fn main() {}
