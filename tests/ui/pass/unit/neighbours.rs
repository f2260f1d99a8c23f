//! Units that fit.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t0",
    dedicated(group_id = "events", session_timeout_ms = "10000ms")
)]
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
    dedicated(
        group_id = "events",
        session_timeout_ms = "1.5s",
        heartbeat_interval_ms = "500ms"
    )
)]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t3",
    dedicated(group_id = "events", max_poll_interval_ms = "5m")
)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t4",
    dedicated(group_id = "events", max_poll_interval_ms = "1h")
)]
pub struct Five {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t5",
    dedicated(group_id = "events", fetch_max_bytes = "50MiB")
)]
pub struct Six {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t6", dedicated(group_id = "events", fetch_max_bytes = "1GiB"))]
pub struct Seven {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t7", dedicated(group_id = "events", fetch_max_bytes = "10MB"))]
pub struct Eight {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t8",
    dedicated(group_id = "events", queued_max_messages_kbytes = "64MiB")
)]
pub struct Nine {
    pub id: u64,
}

fn main() {}
