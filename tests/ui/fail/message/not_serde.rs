use kafka_model::KafkaMessage;

#[derive(KafkaMessage)]
#[kafka(topic = "events")]
struct Event {
    //~^ ERROR the message `Event` cannot be written and read
    //~^^ ERROR Serialize
    //~^^^ ERROR Deserialize
    id: u64,
}

fn main() {}
