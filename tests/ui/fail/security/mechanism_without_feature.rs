use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(
        group_id = "events",
        security_protocol = "sasl_plaintext",
        sasl_mechanism = "SCRAM-SHA-256"
    )
)]
struct Event {
    id: u64,
}

fn main() {}
