use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "events",
    dedicated(group_id = "events", ssl_ca_location = "/etc/ca.pem")
)]
struct Event {
    id: u64,
}

fn main() {}
