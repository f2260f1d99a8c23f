//! The ends of ranges, choices, lists.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0", max_buffered = 1)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t1", max_buffered = 10_000_000)]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t2", concurrency = 1)]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t3", concurrency = 4_096)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t4", start_immediately = false)]
pub struct Five {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t5", order = "none")]
pub struct Six {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t6",
    dedicated(group_id = "events", session_timeout_ms = 2, heartbeat_interval_ms = 1)
)]
pub struct Seven {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t7",
    dedicated(group_id = "events", session_timeout_ms = 3_600_000)
)]
pub struct Eight {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t8",
    dedicated(group_id = "events", debug = "consumer,broker")
)]
pub struct Nine {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t9",
    dedicated(group_id = "events", session_timeout_ms = "1h")
)]
pub struct Ten {
    pub id: u64,
}

fn main() {}
