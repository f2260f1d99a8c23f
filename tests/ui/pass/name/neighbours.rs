//! Names that are settings, also by an alias.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0", max_buffered = 100)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t1",
    dedicated(group_id = "events", session_timeout_ms = "10s")
)]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t2",
    dedicated(group_id = "events", fetch_message_max_bytes = "2MiB")
)]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t3",
    dedicated(group_id = "events", statistics_interval_ms = 5000)
)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t4",
    dedicated(group_id = "events", topic_blacklist = "tmp-.*")
)]
pub struct Five {
    pub id: u64,
}

fn main() {}
