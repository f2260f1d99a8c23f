use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "same", session_timeout_ms = "90s")
)]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bulk", dedicated(group_id = "same"))]
struct Bulk;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(KafkaModel)]
#[kafka(max_poll_interval_ms = "60s")]
struct Service {
    //~^ ERROR the model has no group_id
    //~^^ ERROR `alerts` and `bulk` have consumers of their own
    alerts: Topic<Alert>, //~ ERROR must not exceed max_poll_interval_ms (60000, given by the model)
    bulk: Topic<Bulk>,
    #[kafka(order = "key")]
    events: Topic<Event>, //~ ERROR order = "key" needs a key
}

fn main() {}
