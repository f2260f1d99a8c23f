use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

const NAME: &str = "kafka/alerts";

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", dedicated(group_id = "events", sasl_password = secret(NAME)))]
struct Event {
    id: u64,
}

fn main() {}
