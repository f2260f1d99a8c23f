use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", max_poll_interval_ms = "10s")]
struct Service {
    //~^ ERROR session_timeout_ms (45000, the default) must not exceed max_poll_interval_ms (10000)
    events: Topic<Event>,
}

fn main() {}
