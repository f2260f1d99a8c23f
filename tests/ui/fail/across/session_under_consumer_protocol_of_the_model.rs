use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", session_timeout_ms = "10s")
)]
struct Alert;

#[derive(KafkaModel)]
#[kafka(group_protocol = "consumer")]
struct Service {
    alerts: Topic<Alert>, //~ ERROR session_timeout_ms is not supported under group_protocol = "consumer"
}

fn main() {}
