use kafka_model::KafkaMessage;
use serde::Serialize;

#[derive(Serialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event {
    //~^ ERROR the message `Event` cannot be written and read
    //~^^ ERROR Deserialize
    id: u64,
}

fn main() {}
