use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Customer {
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = customer.name)]
//~^ ERROR no field `name`
struct Event {
    customer: Customer,
}

fn main() {}
