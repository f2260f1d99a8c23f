use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(publish_only, dead_letter = "dead")]
    events: Topic<Event>, //~ ERROR dead_letter has no effect on a field that is only published to
}

fn main() {}
