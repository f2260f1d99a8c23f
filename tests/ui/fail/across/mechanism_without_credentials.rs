use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(
    group_id = "service",
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN"
)]
struct Service {
    //~^ ERROR sasl_username
    events: Topic<Event>,
}

fn main() {}
