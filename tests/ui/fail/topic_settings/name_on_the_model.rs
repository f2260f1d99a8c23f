use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", topic(name = "events"))]
struct Service {
    events: Topic<Event>,
}

fn main() {}
