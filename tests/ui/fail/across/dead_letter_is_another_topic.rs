use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dead_letter = "alerts")]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts")]
struct Alert;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>, //~ ERROR dead_letter = "alerts" is consumed by `alerts`: what failed here would be taken for new records there; name another topic
    alerts: Topic<Alert>,
}

fn main() {}
