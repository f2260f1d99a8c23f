use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

struct Plain;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>,
    plain: Topic<Plain>, //~ ERROR `Plain` is not a Kafka message
}

fn main() {}
