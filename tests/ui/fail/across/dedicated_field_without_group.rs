use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(dedicated(session_timeout_ms = "10s"))]
    events: Topic<Event>, //~ ERROR has no group_id
}

fn main() {}
