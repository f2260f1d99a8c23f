use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    #[kafka(publish_only, retry(attempts = 5))]
    events: Topic<Event>, //~ ERROR retry(attempts) has no effect on a field that is only published to
}

fn main() {}
