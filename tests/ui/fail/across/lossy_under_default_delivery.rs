use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", backpressure = "drop_newest")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR backpressure = "drop_newest" loses records
}

fn main() {}
