use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Other;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    //~^ ERROR are both consumed from the topic "events"
    events: Topic<Event>,
    others: Topic<Other>,
}

fn main() {}
