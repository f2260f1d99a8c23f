use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", fetch_max_bytes = "10MiB")
)]
struct Alert;

#[derive(KafkaModel)]
#[kafka(message_max_bytes = "20MiB")]
struct Service {
    alerts: Topic<Alert>, //~ ERROR message_max_bytes (20971520
}

fn main() {}
