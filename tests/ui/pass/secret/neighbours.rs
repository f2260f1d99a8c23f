//! Secrets from the environment.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t0", dedicated(group_id = "events", security_protocol = "sasl_plaintext", sasl_mechanism = "PLAIN", sasl_username = "me", sasl_password = env("ALERTS_PASSWORD")))]
pub struct One {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t1", dedicated(group_id = "events", security_protocol = "sasl_plaintext", sasl_mechanism = "PLAIN", sasl_username = env("USER_NAME"), sasl_password = env("PASSWORD",)))]
pub struct Two {
    pub id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t2", dedicated(group_id = "events", client_id = env("CLIENT_ID")))]
pub struct Three {
    pub id: u64,
}

fn main() {}
