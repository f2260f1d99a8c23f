use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", max_bufered = 100)]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>,
}

fn uses(kafka: &kafka_model::Kafka, event: &Event) -> Result<(), kafka_model::Error> {
    let service = Service::register_all(kafka)?;
    let _: &Topic<Event> = &service.events;
    let _ = (event.key(), Event::DECLARATION, Service::DECLARATION);
    Ok(())
}

fn main() {}
