use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", order = "key")]
struct Service {
    events: Topic<Event>, //~ ERROR order = "key" needs a key
}

fn main() {}
