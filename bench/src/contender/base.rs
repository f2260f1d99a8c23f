//! The loop of those who know that a `StreamConsumer` costs something: a `BaseConsumer` that is polled.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;

use super::drain::{Drain, Stopwatch};
use super::stream::decode;
use crate::machine;
use crate::message::TOPIC;
use crate::table::Figures;

pub async fn drain(drain: &Drain, store: bool) -> Figures {
    let mut config = drain.client.consumer();
    if store {
        config.set("enable.auto.offset.store", "false");
    }
    let consumer: BaseConsumer = config.create().expect("a consumer");
    consumer.subscribe(&[TOPIC]).expect("a subscription");
    let next = || loop {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            return message.expect("a record");
        }
    };
    next();
    machine::quiet().await;
    let left = drain.records - 1;
    let stopwatch = Stopwatch::start();
    for _ in 0..left {
        let message = next();
        if drain.raw {
            std::hint::black_box(message.payload());
        } else {
            drain.handler.handle(decode(&message)).await;
        }
        if store {
            consumer
                .store_offset_from_message(&message)
                .expect("a stored offset");
        }
    }
    stopwatch.figures(left)
}
