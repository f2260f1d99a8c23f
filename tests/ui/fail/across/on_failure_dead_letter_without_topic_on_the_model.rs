use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", on_failure = "dead_letter")]
struct Service {
    //~^ ERROR on_failure = "dead_letter" needs the topic that failed records go to
    events: Topic<Event>,
}

fn main() {}
