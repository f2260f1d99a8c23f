use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = 0, retry(topics = ["10s"]))]
struct Event(u64);

#[derive(KafkaModel)]
#[kafka(group_id = "service", order = "key")]
struct Service {
    events: Topic<Event>, //~ ERROR which order = "key" (given by the model) forbids
}

fn main() {}
