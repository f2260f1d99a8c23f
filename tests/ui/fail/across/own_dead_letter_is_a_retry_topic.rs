use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dead_letter = "events-service-retry-10s")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", order = "none")]
struct Service {
    #[kafka(retry(topics = ["10s"]))]
    events: Topic<Event>, //~ ERROR "events-service-retry-10s", named after topic, group and delay, is also the dead-letter topic: rename that
}

fn main() {}
