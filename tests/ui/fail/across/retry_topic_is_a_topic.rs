use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["10s", "1m"]))]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events-service-retry-1m")]
struct Again;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR the retry topic "events-service-retry-1m", named after topic, group and delay, is also the topic of `again`: rename one of them
    again: Topic<Again>,
}

fn main() {}
