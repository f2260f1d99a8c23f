use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", on_failure = "dead_letter")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR on_failure = "dead_letter" needs the topic that failed records go to: write dead_letter = "..."
}

fn main() {}
