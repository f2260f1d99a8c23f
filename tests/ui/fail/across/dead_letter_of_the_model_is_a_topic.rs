use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", dead_letter = "events")]
struct Service {
    events: Topic<Event>, //~ ERROR dead_letter = "events" is consumed by `events`
}

fn main() {}
