use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", order = "none", retry(topics = ["10s"]), dedicated(group_id = "eu-service"))]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events-eu", order = "none", retry(topics = ["10s"]))]
struct European;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {
    events: Topic<Event>,
    european: Topic<European>, //~ ERROR the retry topic "events-eu-service-retry-10s", named after topic, group and delay, is also a retry topic of `events`: rename a topic or a group
}

fn main() {}
