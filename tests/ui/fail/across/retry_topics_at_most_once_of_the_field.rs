use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["10s"]))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(delivery = "at_most_once")]
    events: Topic<Event>, //~ ERROR retry(topics = ...) handles a record again, which delivery = "at_most_once" (given by the model's field) forbids
}

fn main() {}
