use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(topics = ["10s"]))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR retry(topics = ...) lets later records overtake, which order = "partition" (the default) forbids: set order = "none"
}

fn main() {}
