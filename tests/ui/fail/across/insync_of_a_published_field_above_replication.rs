use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", replication = 2))]
struct Event;

#[derive(KafkaModel)]
#[kafka(topic(min_insync_replicas = 3))]
struct Service {
    #[kafka(publish_only)]
    events: Topic<Event>, //~ ERROR topic(min_insync_replicas) (3, given by the model) must not exceed topic(replication) (2, given by the message type)
}

fn main() {}
