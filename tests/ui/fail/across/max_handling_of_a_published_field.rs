use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(publish_only, max_handling_ms = "1m")]
    events: Topic<Event>, //~ ERROR max_handling_ms has no effect on a field that is only published to
}

fn main() {}
