use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", session_timeout_ms = "8s")
)]
struct Alert;

#[derive(KafkaModel)]
#[kafka(heartbeat_interval_ms = "10s")]
struct Service {
    alerts: Topic<Alert>, //~ ERROR heartbeat_interval_ms (10000
}

fn main() {}
