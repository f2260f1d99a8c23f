use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", on_failure = "skip", dead_letter(limit = "20%"))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", dead_letter = "dead")]
struct Service {
    events: Topic<Event>, //~ ERROR dead_letter(limit = "20%") has no effect, since failed records go to no dead-letter topic: leave it out, or leave out on_failure
}

fn main() {}
