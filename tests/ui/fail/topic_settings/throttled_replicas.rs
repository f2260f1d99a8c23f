use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", leader_replication_throttled_replicas = "*"))]
struct Event {
    id: u64,
}

fn main() {}
