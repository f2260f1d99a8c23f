use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
#[kafka(dedicated(group_id = "events", security_protocol = "plaintext",
                  sasl_mechanism = "PLAIN", sasl_username = "me", sasl_password = env("PASSWORD")))]
struct Event {
    id: u64,
}

fn main() {}
