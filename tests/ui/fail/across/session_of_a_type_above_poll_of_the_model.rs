use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", session_timeout_ms = "90s")
)]
struct Alert;

#[derive(KafkaModel)]
#[kafka(max_poll_interval_ms = "60s")]
struct Service {
    alerts: Topic<Alert>, //~ ERROR must not exceed max_poll_interval_ms (60000, given by the model)
}

fn main() {}
