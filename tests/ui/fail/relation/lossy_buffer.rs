use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    backpressure = "drop_oldest",
    delivery = "at_least_once"
)]
struct Event {
    id: u64,
}

fn main() {}
