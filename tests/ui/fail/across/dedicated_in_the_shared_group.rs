use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts", dedicated(group_id = "alerts"))]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "alerts")]
struct Service {
    //~^ ERROR `alerts` has a consumer of its own, but the group_id = "alerts" of the shared one
    alerts: Topic<Alert>,
    events: Topic<Event>,
}

fn main() {}
