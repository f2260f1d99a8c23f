//! A record's way from its copy to its settlement, without a client and without threads: the command `instructions` of
//! the benchmarks counts the instructions of this program under callgrind.
//!
//! `hot-path ORDER RECORDS`, where ORDER is `partition`, `key` or `none`.

use std::env;

use kafka_model::private::HotPath;
use kafka_model::{Kafka, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

/// How many records are read together.
const BATCH: usize = 100;

/// Small: what serde costs is not what is counted for.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "hot-path", key = id)]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "hot-path")]
struct Model {
    events: Topic<Event>,
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [order, records] = &arguments[..] else {
        panic!("usage: hot-path partition|key|none RECORDS");
    };
    let records: usize = records.parse().expect("a number of records");
    let kafka = Kafka::builder()
        .bootstrap_servers("127.0.0.1:9")
        .set("model.events.order", order.as_str())
        .build();
    let model = Model::register_all(&kafka).expect("a model");
    model
        .events
        .handle(async |event: Event| {
            std::hint::black_box(&event);
        })
        .expect("a handler");
    let mut path = HotPath::of(&model.events).expect("a handler");
    let batch: Vec<_> = (100..100 + BATCH)
        .map(|id| {
            (
                id.to_string().into_bytes(),
                format!("{{\"id\":{id}}}").into_bytes(),
            )
        })
        .collect();
    let mut settled = 0;
    for _ in 0..records / BATCH {
        let records = batch.iter().map(|(key, payload)| (&key[..], &payload[..]));
        settled = path.batch(records);
    }
    assert_eq!(usize::try_from(settled), Ok(records / BATCH * BATCH));
}
