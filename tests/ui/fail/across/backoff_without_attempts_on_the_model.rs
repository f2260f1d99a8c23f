use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", retry(backoff = "1s"))]
struct Service {
    //~^ ERROR retry(backoff) has no effect, since a record is tried only once
    events: Topic<Event>,
}

fn main() {}
