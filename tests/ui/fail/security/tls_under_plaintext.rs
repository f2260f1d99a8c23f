//@ feature ssl
use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
#[kafka(dedicated(
    group_id = "events",
    security_protocol = "plaintext",
    ssl_ca_location = "/etc/ca.pem"
))]
//~^^ ERROR ssl_ca_location has no effect under security_protocol = "plaintext"
struct Event {
    id: u64,
}

fn main() {}
