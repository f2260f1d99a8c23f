//! `ruststream-rdkafka`, as its README writes a service.
//!
//! With [`Commit::Tracked`], what is stored for the next commit of a partition moves past a record only when it and
//! all before it are settled: at least once. librdkafka commits what is stored every five seconds, and at the end.
//! The record stays in librdkafka's memory while it is handled, and its JSON is decoded from there.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use clap::{Parser, ValueEnum};
use kafka_model_bench_peer::{Drain, Event, Gate};
use ruststream_rdkafka::prelude::*;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    drain: Drain,
    /// How the handler is mounted.
    #[arg(long, default_value = "one")]
    form: Form,
    /// How many records a batch has at most.
    #[arg(long, default_value = "64")]
    size: NonZeroUsize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// One record after another, whatever its partition: what one gets without asking.
    One,
    /// Each partition on one of twelve workers: in order within each, and none waits for another for long.
    Lanes,
    /// One record after another, many in one call: acknowledged together.
    Batch,
}

static DRAIN: OnceLock<Drain> = OnceLock::new();
static GATE: Gate = Gate::new();

fn drain() -> &'static Drain {
    DRAIN.get().expect("the arguments")
}

#[subscriber(
    KafkaTopic::new(drain().topic.as_str())
        .group(Drain::group())
        .start(StartOffset::Earliest)
        .commit(Commit::Tracked)
)]
async fn one(event: &Event) -> HandlerOutcome {
    GATE.pass().await;
    drain().handler.handle(event).await;
    GATE.count(1);
    HandlerOutcome::ack()
}

#[subscriber(
    KafkaTopic::new(drain().topic.as_str())
        .group(Drain::group())
        .start(StartOffset::Earliest)
        .commit(Commit::Tracked),
    workers(12, by_key)
)]
async fn lanes(event: &Event) -> HandlerOutcome {
    GATE.pass().await;
    drain().handler.handle(event).await;
    GATE.count(1);
    HandlerOutcome::ack()
}

#[subscriber(
    KafkaTopic::new(drain().topic.as_str())
        .group(Drain::group())
        .start(StartOffset::Earliest)
        .commit(Commit::Tracked)
)]
async fn batch(events: &[Event]) -> HandlerOutcome {
    GATE.pass().await;
    for event in events {
        drain().handler.handle(event).await;
    }
    GATE.count(events.len().try_into().expect("few enough"));
    HandlerOutcome::ack()
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let drain = DRAIN.get_or_init(|| arguments.drain);
    let mut broker = KafkaBroker::new([drain.bootstrap.as_str()]);
    for (name, value) in drain.settings() {
        broker = broker.config(name, value);
    }
    let app = RustStream::new(AppInfo::new("bench", "0.1.0"));
    let app = app.with_broker(broker, |scope| match arguments.form {
        Form::One => {
            scope.include(one);
        }
        Form::Lanes => {
            scope.include(lanes);
        }
        Form::Batch => {
            scope.include(batch.batch(arguments.size));
        }
    });
    let running = app.start().await.expect("a start");
    let figures = GATE.measure(drain.records).await;
    running.shutdown().await.expect("a clean end");
    println!("{}", figures.to_line());
}
