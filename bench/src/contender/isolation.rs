//! Types that are as fast as they can be, beside one that is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use kafka_model::{Kafka, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::client::Client;
use super::drain::Stopwatch;
use crate::machine;
use crate::table::Figures;

/// The topics of the fast types.
pub const FAST: [&str; 2] = ["bench-isolation-a", "bench-isolation-b"];
/// The topic of the other one.
pub const OTHER: &str = "bench-isolation-other";
pub const PARTITIONS: u16 = 4;

#[derive(Args, Clone, Debug)]
pub struct Isolation {
    other: Other,
    #[command(flatten)]
    client: Client,
    /// How many records there are of each fast type.
    #[arg(long)]
    records: u64,
    /// Each type on a consumer of its own.
    #[arg(long)]
    dedicated: bool,
}

/// What is beside the fast types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Other {
    Nothing,
    /// A handler that never comes back.
    Hung,
    /// One that takes 10 ms.
    Slow,
    /// One that fails, and is tried again.
    Failing,
}

macro_rules! event {
    ($name:ident, $($attribute:tt)*) => {
        #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
        #[kafka($($attribute)*)]
        struct $name {
            id: u64,
            name: String,
            body: String,
        }
    };
}
event!(FastA, topic = "bench-isolation-a");
event!(FastB, topic = "bench-isolation-b");
event!(
    Beside,
    topic = "bench-isolation-other",
    retry(attempts = 3, backoff = "10ms..100ms"),
    on_failure = "skip"
);

#[derive(KafkaModel)]
#[kafka(group_id = "bench-isolation")]
struct Alone {
    a: Topic<FastA>,
    b: Topic<FastB>,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-isolation")]
struct Shared {
    a: Topic<FastA>,
    b: Topic<FastB>,
    other: Topic<Beside>,
}

#[derive(KafkaModel)]
struct AloneDedicated {
    #[kafka(dedicated(group_id = "bench-isolation-a"))]
    a: Topic<FastA>,
    #[kafka(dedicated(group_id = "bench-isolation-b"))]
    b: Topic<FastB>,
}

#[derive(KafkaModel)]
struct Dedicated {
    #[kafka(dedicated(group_id = "bench-isolation-a"))]
    a: Topic<FastA>,
    #[kafka(dedicated(group_id = "bench-isolation-b"))]
    b: Topic<FastB>,
    #[kafka(dedicated(group_id = "bench-isolation-other"))]
    other: Topic<Beside>,
}

#[derive(Default)]
struct Gate {
    open: AtomicBool,
    opened: Notify,
    handled: AtomicU64,
}

impl Gate {
    async fn pass(&self) {
        while !self.open.load(Ordering::Acquire) {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            opened.as_mut().enable();
            if !self.open.load(Ordering::Acquire) {
                opened.await;
            }
        }
    }
}

fn attach_fast<T: KafkaMessage>(topic: &Topic<T>, gate: &Arc<Gate>) {
    let gate = Arc::clone(gate);
    topic
        .handle(move |event: T| {
            let gate = Arc::clone(&gate);
            async move {
                std::hint::black_box(&event);
                gate.pass().await;
                gate.handled.fetch_add(1, Ordering::Relaxed);
            }
        })
        .expect("a handler");
}

fn attach_other(topic: &Topic<Beside>, gate: &Arc<Gate>, other: Other) {
    let gate = Arc::clone(gate);
    topic
        .handle(move |event: Beside| {
            let gate = Arc::clone(&gate);
            async move {
                std::hint::black_box(&event);
                gate.pass().await;
                match other {
                    Other::Nothing => Ok(()),
                    Other::Hung => std::future::pending().await,
                    Other::Slow => {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        Ok(())
                    }
                    Other::Failing => Err(std::io::Error::other("it fails")),
                }
            }
        })
        .expect("a handler");
}

impl Isolation {
    pub async fn run(self) -> Figures {
        let gate = Arc::new(Gate::default());
        let kafka = self.kafka();
        match (self.dedicated, self.other) {
            (false, Other::Nothing) => {
                let model = Alone::register_all(&kafka).expect("a model");
                attach_fast(&model.a, &gate);
                attach_fast(&model.b, &gate);
            }
            (true, Other::Nothing) => {
                let model = AloneDedicated::register_all(&kafka).expect("a model");
                attach_fast(&model.a, &gate);
                attach_fast(&model.b, &gate);
            }
            (false, other) => {
                let model = Shared::register_all(&kafka).expect("a model");
                attach_fast(&model.a, &gate);
                attach_fast(&model.b, &gate);
                attach_other(&model.other, &gate, other);
            }
            (true, other) => {
                let model = Dedicated::register_all(&kafka).expect("a model");
                attach_fast(&model.a, &gate);
                attach_fast(&model.b, &gate);
                attach_other(&model.other, &gate, other);
            }
        }
        let running = kafka.start().await.expect("a start");
        while kafka.status().topics().any(|topic| topic.buffered == 0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        machine::quiet().await;
        let all = self.records * FAST.len() as u64;
        let stopwatch = Stopwatch::start();
        gate.open.store(true, Ordering::Release);
        gate.opened.notify_waiters();
        while gate.handled.load(Ordering::Relaxed) < all {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let figures = stopwatch.figures(all);
        // The hung one would be waited for.
        std::mem::forget(running);
        figures
    }

    fn kafka(&self) -> Kafka {
        let builder = self.client.kafka();
        let keys: &[&str] = match (self.dedicated, self.other) {
            (false, Other::Nothing) => &["alone.group_id"],
            (false, _) => &["shared.group_id"],
            (true, Other::Nothing) => &["alone_dedicated.a.group_id", "alone_dedicated.b.group_id"],
            (true, _) => &[
                "dedicated.a.group_id",
                "dedicated.b.group_id",
                "dedicated.other.group_id",
            ],
        };
        keys.iter()
            .fold(builder, |builder, key| builder.set(key, Client::group()))
            .build()
    }
}
