use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(session_timeout_ms = "10s")]
    events: Topic<Event>, //~ ERROR session_timeout_ms configures a consumer connection, but `events` shares its consumer
}

fn main() {}
