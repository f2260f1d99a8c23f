//@ feature ssl
use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
#[kafka(dedicated(group_id = "events", security_protocol = "ssl", sasl_mechanism = "PLAIN", sasl_username = "me", sasl_password = env("PASSWORD")))]
//~^ ERROR have no effect under security_protocol = "ssl"
struct Event {
    id: u64,
}

fn main() {}
