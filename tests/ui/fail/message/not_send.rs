use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event {
    //~^ ERROR cannot be sent between threads safely
    //~^^ ERROR cannot be shared between threads safely
    of: PhantomData<*const u8>,
}

fn main() {}
