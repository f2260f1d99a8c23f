use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", replication = 2, min_insync_replicas = 3))]
struct Event {
    id: u64,
}

fn main() {}
