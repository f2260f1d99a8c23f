//! kafka-model.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka_model::{Kafka, Payload, Topic};
use tokio::sync::Notify;

use super::client::Client;
use super::drain::{Drain, Stopwatch};
use crate::machine;
use crate::message::{Event, Own, Shared};
use crate::table::Figures;

static OPEN: AtomicBool = AtomicBool::new(false);
static OPENED: Notify = Notify::const_new();

/// Waits at the gate, for as long as it is closed.
pub async fn gate() {
    while !OPEN.load(Ordering::Acquire) {
        let opened = OPENED.notified();
        tokio::pin!(opened);
        opened.as_mut().enable();
        if !OPEN.load(Ordering::Acquire) {
            opened.await;
        }
    }
}

fn open() {
    OPEN.store(true, Ordering::Release);
    OPENED.notify_waiters();
}

pub async fn drain(drain: &Drain, order: &str) -> Figures {
    let mut builder = drain.client.kafka().set("shared.group_id", Client::group());
    if order != "shared" {
        builder = builder.set("shared.events.order", order);
    }
    let kafka = builder.build();
    let model = Shared::register_all(&kafka).expect("a model");
    handle(drain, &model.events);
    measure(drain, &kafka, &model.events).await
}

/// A handler of batches.
pub async fn drain_batches(drain: &Drain) -> Figures {
    let kafka = drain.client.kafka().set("shared.group_id", Client::group());
    let kafka = kafka.build();
    let model = Shared::register_all(&kafka).expect("a model");
    let handler = drain.handler;
    let attached = if drain.raw {
        model
            .events
            .handle_batch(move |payloads: Vec<Payload>| async move {
                gate().await;
                std::hint::black_box(&payloads);
                handler.finish().await;
            })
    } else {
        model
            .events
            .handle_batch(move |events: Vec<Event>| async move {
                gate().await;
                std::hint::black_box(&events);
                handler.finish().await;
            })
    };
    attached.expect("a handler");
    measure(drain, &kafka, &model.events).await
}

pub async fn drain_dedicated(drain: &Drain) -> Figures {
    let builder = drain.client.kafka();
    let kafka = builder.set("own.events.group_id", Client::group()).build();
    let model = Own::register_all(&kafka).expect("a model");
    handle(drain, &model.events);
    measure(drain, &kafka, &model.events).await
}

fn handle(drain: &Drain, topic: &Topic<Event>) {
    let handler = drain.handler;
    let attached = if drain.raw {
        topic.handle(move |payload: Payload| async move {
            if !OPEN.load(Ordering::Relaxed) {
                gate().await;
            }
            std::hint::black_box(payload.bytes());
            handler.finish().await;
        })
    } else {
        topic.handle(move |event: Event| async move {
            if !OPEN.load(Ordering::Relaxed) {
                gate().await;
            }
            handler.handle(event).await;
        })
    };
    attached.expect("a handler");
}

async fn measure(drain: &Drain, kafka: &Kafka, topic: &Topic<Event>) -> Figures {
    let running = kafka.start().await.expect("a start");
    let assigned = topic
        .wait_until(Duration::from_secs(60), |topic| topic.buffered > 0)
        .await;
    assert!(assigned.is_some(), "{:#?}", running.status());
    machine::quiet().await;
    let stopwatch = Stopwatch::start();
    open();
    while topic.status().handled < drain.records {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let figures = stopwatch.figures(drain.records);
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report:?}");
    figures
}
