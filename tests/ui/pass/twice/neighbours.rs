//! Several attributes are one; and what `dedicated(...)` says again is stronger, not twice.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0")]
#[kafka(max_buffered = 100)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t1",
    max_buffered = 100,
    dedicated(group_id = "events", max_buffered = 200)
)]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t2")]
#[kafka(key = id)]
#[kafka(dedicated(group_id = "events"))]
pub struct Three {
    pub id: u64,
}

fn main() {}
