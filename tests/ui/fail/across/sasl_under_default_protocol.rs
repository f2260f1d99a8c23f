use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", sasl_mechanism = "PLAIN", sasl_username = "me", sasl_password = env("PASSWORD"))]
struct Service {
    //~^ ERROR no effect under security_protocol = "plaintext"
    events: Topic<Event>,
}

fn main() {}
