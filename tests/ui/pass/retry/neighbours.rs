//! Retries, retry topics, dead letters and hung handlers, just within the rules, at every level.
#![allow(dead_code)]

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "attempts", retry(attempts = 1))]
struct Once;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "most-attempts",
    retry(attempts = 1_000, backoff = "1ms..1h", jitter)
)]
struct Most;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "backoff")]
#[kafka(retry(attempts = 5), retry(backoff = "1s", jitter = false))]
struct Apart;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "topics", order = "none")]
#[kafka(retry(attempts = 3, topics = ["100ms", "1s", "10s", "1m", "10m", "1h", "1d", "6d",]))]
struct Topics;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "one-topic", order = "none", retry(topics = "10s"))]
struct OneTopic;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "dead", dead_letter = "dead.dead", max_handling_ms = 1)]
struct Dead;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "share", on_failure = "dead_letter")]
#[kafka(
    dead_letter(topic = "share.dead", limit = "99%"),
    max_handling_ms = "1d"
)]
struct Share;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "rate", dead_letter(topic = "rate.dead", limit = "100000/1d"))]
struct Rate;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "apart",
    dead_letter = "apart.dead",
    dead_letter(limit = "1/1s")
)]
struct LimitApart;

/// A dead letter is no second attempt.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "lossy", delivery = "at_most_once", dead_letter = "lossy.dead")]
struct Lossy;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "own", dedicated(group_id = "own", max_handling_ms = "2m"))]
#[kafka(retry(attempts = 5, backoff = "100ms..10s"))]
struct Own;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "inside",
    dedicated(
        group_id = "inside",
        order = "none",
        retry(attempts = 5, topics = ["10s", "1m"]),
        dead_letter(topic = "inside.dead", limit = "20%"),
        max_handling_ms = "2m"
    )
)]
struct Inside;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "plain")]
struct Plain;

#[derive(KafkaModel)]
#[kafka(group_id = "levels")]
struct OnMessages {
    once: Topic<Once>,
    most: Topic<Most>,
    apart: Topic<Apart>,
    topics: Topic<Topics>,
    one_topic: Topic<OneTopic>,
    dead: Topic<Dead>,
    share: Topic<Share>,
    rate: Topic<Rate>,
    limit: Topic<LimitApart>,
    lossy: Topic<Lossy>,
    own: Topic<Own>,
    inside: Topic<Inside>,
}

/// The model's words hold for all, also for those with a consumer of their own; and the limit stands beside the
/// topic of another level.
#[derive(KafkaModel)]
#[kafka(
    group_id = "model",
    retry(attempts = 3, backoff = "1s..1m", jitter),
    dead_letter(topic = "model.dead", limit = "20%"),
    max_handling_ms = "10m"
)]
struct OnTheModel {
    plain: Topic<Plain>,
    own: Topic<Own>,
    /// A field may take back what the model gives.
    #[kafka(
        on_failure = "halt",
        retry(attempts = 1),
        delivery = "at_most_once",
        backpressure = "drop_oldest"
    )]
    halting: Topic<Once>,
}

#[derive(KafkaModel)]
#[kafka(group_id = "fields", on_failure = "skip")]
struct OnFields {
    #[kafka(order = "none", retry(attempts = 2, topics = ["10s"]))]
    #[kafka(
        dead_letter(topic = "fields.dead", limit = "10/1m"),
        max_handling_ms = "1m"
    )]
    plain: Topic<Plain>,
    #[kafka(dedicated(
        group_id = "rate",
        retry(attempts = 2),
        dead_letter = "fields.dead",
        max_handling_ms = "1m"
    ))]
    rate: Topic<Rate>,
    // What is consumed elsewhere may fail there; here it is only published.
    #[kafka(publish_only)]
    share: Topic<Share>,
}

fn main() {}
