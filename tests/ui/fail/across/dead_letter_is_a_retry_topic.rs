use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["10s"]))]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts", dead_letter = "events-service-retry-10s")]
struct Alert;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR the retry topic "events-service-retry-10s", named after topic, group and delay, is also the dead-letter topic of `alerts`: rename that
    alerts: Topic<Alert>,
}

fn main() {}
