use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

type Same = Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    //~^ ERROR one field is enough to consume and to publish
    events: Topic<Event>,
    again: Topic<Same>,
}

fn main() {}
