use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
struct Service {
    //~^ ERROR the model has no group_id, but `events` needs the shared consumer
    events: Topic<Event>,
}

fn main() {}
