use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", min_compaction_lag_ms = "2h", max_compaction_lag_ms = "1h"))]
struct Event {
    id: u64,
}

fn main() {}
