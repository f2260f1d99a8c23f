use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dead_letter(limit = "20%"))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR dead_letter(limit = "20%") has no effect, since failed records go to no dead-letter topic: write dead_letter(topic = "...", limit = "20%")
}

fn main() {}
