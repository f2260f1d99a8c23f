use kafka_model::KafkaMessage;

#[derive(KafkaMessage)]
#[kafka(topic = "events")]
union Event {
    id: u64,
    number: f64,
}

fn main() {}
