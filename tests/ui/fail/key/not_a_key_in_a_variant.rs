use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = id)]
//~^ ERROR `f64` cannot be the key of a record
enum Event {
    Placed { id: u64 },
    Measured { id: f64 },
}

fn main() {}
