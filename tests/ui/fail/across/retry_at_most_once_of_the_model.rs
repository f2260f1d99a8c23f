use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", retry(attempts = 5))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", delivery = "at_most_once")]
struct Service {
    events: Topic<Event>, //~ ERROR retry(attempts = 5) handles a record again, which delivery = "at_most_once" (given by the model) forbids
}

fn main() {}
