//! Records that are fetched while they are consumed, from brokers that have them already, or get them meanwhile.

use std::env;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Message as _};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use super::client::Client;
use super::drain::Stopwatch;
use crate::table::Figures;

pub const TOPIC: &str = "bench-live";
pub const PARTITIONS: u16 = 12;

#[derive(Args, Clone, Debug)]
pub struct Live {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// A group that has committed where to begin.
    #[arg(long)]
    group: String,
    #[arg(long)]
    records: u64,
    /// Have so many bytes of JSON produced, once everything is assigned; else they are there already.
    #[arg(long)]
    produce: Option<usize>,
    /// The program `rdkafka_performance`.
    #[arg(long)]
    program: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Who {
    Base,
    /// The same with librdkafka's own defaults.
    BaseDefaults,
    Stream,
    Model,
    /// librdkafka's own.
    Performance,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-live")]
struct Event {
    id: u64,
    name: String,
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-live")]
struct Events {
    events: Topic<Event>,
}

/// Takes the time from the first record to the last.
#[derive(Default)]
struct Count {
    seen: AtomicU64,
    begun: OnceLock<Stopwatch>,
    ended: OnceLock<Figures>,
    done: Notify,
}

impl Count {
    fn note(&self, event: &Event, records: u64) {
        std::hint::black_box(event);
        let seen = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if seen == 1 {
            let _ = self.begun.set(Stopwatch::start());
        } else if seen == records {
            let begun = self.begun.get().expect("a first record");
            let _ = self.ended.set(begun.figures(records));
            self.done.notify_one();
        }
    }

    async fn figures(&self) -> Figures {
        let done = tokio::time::timeout(Duration::from_secs(120), self.done.notified()).await;
        let seen = self.seen.load(Ordering::Relaxed);
        assert!(done.is_ok(), "only {seen} came");
        self.ended.get().expect("figures").clone()
    }
}

impl Live {
    pub async fn run(self) -> Figures {
        match self.who {
            Who::Base | Who::BaseDefaults => self.base().await,
            Who::Stream => self.stream().await,
            Who::Model => self.model().await,
            Who::Performance => self.performance().await,
        }
    }

    /// Starts the producer, if there is to be one.
    fn producer(&self) -> Option<Child> {
        let bytes = self.produce?;
        let program = env::current_exe().expect("this program's path");
        let child = Command::new(program)
            .arg("run-produce")
            .arg(format!("--bootstrap={}", self.client.bootstrap))
            .arg(format!("--topic={TOPIC}"))
            .arg(format!("--partitions={PARTITIONS}"))
            .arg(format!("--records={}", self.records))
            .arg(format!("--bytes={bytes}"))
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn();
        Some(child.expect("a producer"))
    }

    async fn base(&self) -> Figures {
        let mut config = if self.who == Who::Base {
            self.client.alike(PARTITIONS)
        } else {
            self.client.consumer()
        };
        config
            .set("group.id", &self.group)
            .set("enable.auto.offset.store", "false");
        let consumer: BaseConsumer = config.create().expect("a consumer");
        consumer.subscribe(&[TOPIC]).expect("a subscription");
        let count = Count::default();
        let records = self.records;
        let step = || {
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                take(&consumer, &message.expect("a record"), &count, records);
            }
        };
        while consumer.assignment().expect("an assignment").count() == 0 {
            step();
        }
        let _producer = self.producer();
        while count.ended.get().is_none() {
            step();
        }
        count.figures().await
    }

    async fn stream(&self) -> Figures {
        let mut config = self.client.alike(PARTITIONS);
        config.set("group.id", &self.group);
        let consumer: StreamConsumer = config.create().expect("a consumer");
        consumer.subscribe(&[TOPIC]).expect("a subscription");
        let (consumer, count) = (Arc::new(consumer), Arc::new(Count::default()));
        let (taking, counting, records) = (Arc::clone(&consumer), Arc::clone(&count), self.records);
        tokio::spawn(async move {
            loop {
                let message = taking.recv().await.expect("a record");
                take(&*taking, &message, &counting, records);
            }
        });
        while consumer.assignment().expect("an assignment").count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let _producer = self.producer();
        count.figures().await
    }

    async fn model(&self) -> Figures {
        let builder = self.client.kafka();
        let kafka = builder.set("events.group_id", &*self.group).build();
        let model = Events::register_all(&kafka).expect("a model");
        let (count, records) = (Arc::new(Count::default()), self.records);
        let counting = Arc::clone(&count);
        model
            .events
            .handle(move |event: Event| {
                counting.note(&event, records);
                std::future::ready(())
            })
            .expect("a handler");
        let running = kafka.start().await.expect("a start");
        let assigned = model
            .events
            .wait_until(Duration::from_secs(60), |topic| {
                !topic.partitions.is_empty()
            })
            .await;
        assert!(assigned.is_some(), "{:#?}", running.status());
        let _producer = self.producer();
        let figures = count.figures().await;
        running.shutdown().await;
        figures
    }

    /// `rdkafka_performance` itself says how long it took from its first message on.
    async fn performance(&self) -> Figures {
        let program = self.program.as_deref().expect("--program");
        let mut command = Command::new(program);
        command
            .args(["-G", &self.group, "-t", TOPIC, "-b", &self.client.bootstrap])
            .args(["-c", &self.records.to_string(), "-q"]);
        for setting in [
            "auto.offset.reset=earliest",
            "partition.assignment.strategy=cooperative-sticky",
            "check.crcs=true",
            "fetch.wait.max.ms=100",
            "fetch.queue.backoff.ms=10",
        ] {
            command.args(["-X", setting]);
        }
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("rdkafka_performance");
        let _producer = if self.produce.is_some() {
            // It does not say when it is assigned.
            tokio::time::sleep(Duration::from_secs(4)).await;
            self.producer()
        } else {
            None
        };
        let start = Instant::now();
        let output = child.wait_with_output().await.expect("its output");
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "it took too long"
        );
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let (records, millis) = last_line(&text).unwrap_or_else(|| panic!("no figures: {text}"));
        Figures::default()
            .with("rate", records / millis * 1_000.0)
            .with("krate", records / millis)
            .with("seconds", millis / 1_000.0)
    }
}

/// `% 100000 messages (9600000 bytes) consumed in 123ms: …`
fn last_line(text: &str) -> Option<(f64, f64)> {
    let line = text
        .lines()
        .rfind(|line| line.contains("consumed in") || line.contains("received in"))?;
    let records = line.trim_start_matches('%').split_whitespace().next()?;
    let (_, after) = line.split_once(" in ")?;
    let (millis, _) = after.split_once("ms")?;
    Some((records.parse().ok()?, millis.trim().parse().ok()?))
}

fn take<C: Consumer<X>, X: rdkafka::consumer::ConsumerContext>(
    consumer: &C,
    message: &BorrowedMessage<'_>,
    count: &Count,
    records: u64,
) {
    let event: Event =
        serde_json::from_slice(message.payload().expect("a payload")).expect("an event");
    count.note(&event, records);
    consumer
        .store_offset_from_message(message)
        .expect("a stored offset");
}
