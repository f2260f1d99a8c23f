//! Trailing commas, raw strings, numbers in other bases, the path of the crate.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0", max_buffered = 100)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t1", dedicated(group_id = "events",))]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = r"t2")]
pub struct Three {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t3", crate = ::kafka_model)]
pub struct Four {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t4", max_buffered = 0x64)]
pub struct Five {
    pub id: u64,
}

fn main() {}
