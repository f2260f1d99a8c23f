use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "events", min_insync_replicas = 3))]
struct Event;

#[derive(KafkaModel)]
#[kafka(group_id = "service", topic(replication = 2))]
struct Service {
    events: Topic<Event>, //~ ERROR topic(min_insync_replicas) (3, given by the message type) must not exceed topic(replication) (2, given by the model): lower topic(min_insync_replicas), for instance to 2, or raise topic(replication)
}

fn main() {}
