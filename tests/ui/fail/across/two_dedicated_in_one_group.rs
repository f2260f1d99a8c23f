use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alerts", dedicated(group_id = "same"))]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bulk", dedicated(group_id = "same"))]
struct Bulk;

#[derive(KafkaModel)]
struct Service {
    //~^ ERROR `alerts` and `bulk` have consumers of their own, but the same group_id = "same"
    alerts: Topic<Alert>,
    bulk: Topic<Bulk>,
}

fn main() {}
