//! The loop that one writes by hand: a `StreamConsumer` and serde_json.

use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Message as _};

use super::drain::{Drain, Stopwatch};
use crate::machine;
use crate::message::{Event, TOPIC};
use crate::table::Figures;

/// What is done with a record's offset.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offsets {
    Nothing,
    Store,
    Commit,
}

pub fn decode(message: &BorrowedMessage<'_>) -> Event {
    serde_json::from_slice(message.payload().expect("a payload")).expect("an event")
}

pub async fn drain(drain: &Drain, offsets: Offsets) -> Figures {
    let mut config = drain.client.consumer();
    match offsets {
        Offsets::Nothing => {}
        Offsets::Store => {
            config.set("enable.auto.offset.store", "false");
        }
        Offsets::Commit => {
            config.set("enable.auto.commit", "false");
        }
    }
    let consumer: StreamConsumer = config.create().expect("a consumer");
    consumer.subscribe(&[TOPIC]).expect("a subscription");
    // The first record says that the partitions are assigned.
    consumer.recv().await.expect("a record");
    machine::quiet().await;
    let left = drain.records - 1;
    let stopwatch = Stopwatch::start();
    for _ in 0..left {
        let message = consumer.recv().await.expect("a record");
        if drain.raw {
            std::hint::black_box(message.payload());
        } else {
            drain.handler.handle(decode(&message)).await;
        }
        match offsets {
            Offsets::Nothing => {}
            Offsets::Store => consumer
                .store_offset_from_message(&message)
                .expect("a stored offset"),
            Offsets::Commit => consumer
                .commit_message(&message, CommitMode::Async)
                .expect("a commit"),
        }
    }
    stopwatch.figures(left)
}
