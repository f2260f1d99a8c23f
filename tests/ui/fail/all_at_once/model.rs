use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts", dedicated(group_id = "alerts"))]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(topic = "events", max_bufered = 100, session_timeout_ms = 0)]
struct Service<T> {
    #[kafka(key = id, max_buffered = "many")]
    events: Topic<Event>,
    alerts: Vec<Alert>,
    #[kafka(publish_only = true, dedicated())]
    more: Topic<Event>,
    generic: T,
}

fn main() {}
