use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", backpressure = "drop_oldest")]
struct Service {
    //~^ ERROR backpressure = "drop_oldest" loses records
    events: Topic<Event>,
}

fn main() {}
