use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", drain_timeout_ms = "5m")]
struct Service {
    //~^ ERROR drain_timeout_ms (300000) must be below max_poll_interval_ms (300000, the default)
    events: Topic<Event>,
}

fn main() {}
