use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(attempts = env("ATTEMPTS")))]
struct Event {
    id: u64,
}

fn main() {}
