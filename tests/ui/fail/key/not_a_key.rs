use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = parts)]
//~^ ERROR cannot be the key of a record
struct Event {
    parts: Vec<String>,
}

fn main() {}
