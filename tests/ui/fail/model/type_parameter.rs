use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts", dedicated(group_id = "alerts"))]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service<T: 'static> {
    events: Topic<T>,
}

fn main() {}
