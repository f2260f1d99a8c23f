//! Values that just keep the rules.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t0",
    dedicated(
        group_id = "events",
        session_timeout_ms = "10s",
        max_poll_interval_ms = "10s"
    )
)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t1",
    dedicated(
        group_id = "events",
        heartbeat_interval_ms = 9_999,
        session_timeout_ms = "10s"
    )
)]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t2",
    dedicated(
        group_id = "events",
        drain_timeout_ms = "59s",
        max_poll_interval_ms = "60s"
    )
)]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t3",
    dedicated(
        group_id = "events",
        message_max_bytes = "1MiB",
        fetch_max_bytes = "1MiB"
    )
)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t4",
    dedicated(
        group_id = "events",
        fetch_max_bytes = 1_000_000,
        receive_message_max_bytes = 1_000_512
    )
)]
pub struct Five {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t5",
    dedicated(
        group_id = "events",
        group_protocol = "consumer",
        group_remote_assignor = "uniform"
    )
)]
pub struct Six {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t6",
    dedicated(
        group_id = "events",
        group_protocol = "classic",
        session_timeout_ms = "10s"
    )
)]
pub struct Seven {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t7",
    dedicated(
        group_id = "events",
        partition_assignment_strategy = "range,roundrobin"
    )
)]
pub struct Eight {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t8",
    dedicated(
        group_id = "events",
        partition_assignment_strategy = "cooperative-sticky"
    )
)]
pub struct Nine {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t9", backpressure = "drop_oldest", delivery = "at_most_once")]
pub struct Ten {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t10", backpressure = "pause", delivery = "at_least_once")]
pub struct Eleven {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t11", order = "key", key = id)]
pub struct Twelve {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t12", order = "partition")]
pub struct Thirteen {
    pub id: u64,
}

fn main() {}
