use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
#[kafka(dedicated(group_id = "events", dead_letter(topic = "events", limit = "20%")))]
struct Event;

fn main() {}
