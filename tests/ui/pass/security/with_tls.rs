//@ feature ssl
//! What the crate feature `ssl` adds, in one attribute.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "t0",
    dedicated(
        group_id = "events",
        security_protocol = "ssl",
        ssl_ca_location = "/etc/ca.pem"
    )
)]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t1", dedicated(group_id = "events", security_protocol = "sasl_ssl", sasl_mechanism = "SCRAM-SHA-512", sasl_username = "me", sasl_password = env("PASSWORD")))]
pub struct Two {
    pub id: u64,
}

fn main() {}
