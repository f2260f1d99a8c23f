//! Models that just keep the rules, level by level.
#![allow(dead_code)]

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "keyed", key = id)]
struct Keyed {
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "alerts",
    dedicated(group_id = "alerts", session_timeout_ms = "60s")
)]
struct Alert;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bulk", dedicated(group_id = "bulk"))]
struct Bulk;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Event;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events", key = id)]
struct Changed {
    id: u64,
}

/// The session of the type is not above the model's interval.
#[derive(KafkaModel)]
#[kafka(max_poll_interval_ms = "60s")]
struct Alone {
    alerts: Topic<Alert>,
    bulk: Topic<Bulk>,
}

/// Without a type that shares, no group is needed; what is only published to needs none either.
#[derive(KafkaModel)]
struct Publishes {
    alerts: Topic<Alert>,
    #[kafka(publish_only)]
    events: Topic<Event>,
}

/// One topic of two types, of which one is only published.
#[derive(KafkaModel)]
#[kafka(
    group_id = "service",
    heartbeat_interval_ms = "1s",
    drain_timeout_ms = "4m"
)]
struct Both {
    events: Topic<Event>,
    #[kafka(publish_only)]
    changed: Topic<Changed>,
}

/// The field's word is stronger than the model's and the message's.
#[derive(KafkaModel)]
#[kafka(
    group_id = "service",
    backpressure = "drop_oldest",
    delivery = "at_most_once",
    order = "key"
)]
struct Stronger {
    #[kafka(
        backpressure = "pause",
        delivery = "at_least_once",
        order = "partition"
    )]
    events: Topic<Event>,
    #[kafka(dedicated(group_id = "changed"), session_timeout_ms = "50s")]
    keyed: Topic<Keyed>,
    #[kafka(max_poll_interval_ms = "10m", order = "none")]
    alerts: kafka_model::Topic<Alert>,
}

#[derive(KafkaModel)]
#[kafka(
    group_id = "service",
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN",
    sasl_username = "me",
    sasl_password = env("PASSWORD")
)]
struct Secured {
    events: Topic<Event>,
}

/// The classic protocol's settings of the type, and the new protocol of the model for the others.
#[derive(KafkaModel)]
#[kafka(group_id = "service", group_protocol = "consumer")]
struct Protocols {
    events: Topic<Event>,
    #[kafka(group_protocol = "classic")]
    alerts: Topic<Alert>,
}

#[derive(KafkaModel)]
#[kafka(group_id = "service", crate = ::kafka_model)]
pub(crate) struct InMain {
    r#type: Topic<Event>,
}

fn main() {}
