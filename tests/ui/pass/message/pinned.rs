use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", pinned(order = "none", retry(attempts = 3, topics = ["10s"])))]
#[kafka(dedicated(pinned(group_id = "events"), sasl_password = file("/run/secrets/password"),
                  sasl_username = secret("kafka/user"), sasl_mechanism = "PLAIN", security_protocol = "sasl_plaintext"))]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(pinned(group_id = "model"))]
#[allow(dead_code)]
struct Model {
    #[kafka(pinned(max_buffered = 100))]
    events: Topic<Event>,
}

fn main() {}
