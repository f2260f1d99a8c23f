use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", security_protocol = "sasl_plaintext")]
struct Service {
    //~^ ERROR sasl_mechanism
    events: Topic<Event>,
}

fn main() {}
