use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
enum Event {
    #[kafka(topic = "placed")]
    Placed { id: u64 },
}

fn main() {}
