use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", max_poll_interval_ms = 10_000)
)]
struct Alert;

#[derive(KafkaModel)]
struct Service {
    alerts: Topic<Alert>, //~ ERROR session_timeout_ms (45000, the default) must not exceed max_poll_interval_ms (10000)
}

fn main() {}
