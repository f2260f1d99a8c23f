//! A consumer of its own, and the settings that need none.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0", dedicated(group_id = "events"))]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t1",
    dedicated(group_id = "events", max_buffered = 100, session_timeout_ms = "10s")
)]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t2",
    group_id = "events",
    dedicated(session_timeout_ms = "10s")
)]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t3",
    session_timeout_ms = "10s",
    dedicated(group_id = "events")
)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t4", max_buffered = 100, concurrency = 2, on_failure = "skip")]
pub struct Five {
    pub id: u64,
}

fn main() {}
