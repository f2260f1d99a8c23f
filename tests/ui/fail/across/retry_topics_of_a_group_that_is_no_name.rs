use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["10s"]))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "my service")]
struct Service {
    events: Topic<Event>, //~ ERROR the retry topic "events-my service-retry-10s", named after topic, group and delay, is no topic:
}

fn main() {}
