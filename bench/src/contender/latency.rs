//! How long it takes from publishing a record to its handler.

use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::client::Client;
use crate::table::Figures;

pub const TOPIC: &str = "bench-latency";
pub const PARTITIONS: u16 = 4;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[derive(Args, Clone, Debug)]
pub struct Latency {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// Records per second.
    #[arg(long)]
    rate: u32,
    /// For so long, after a second (two records at least) that does not count.
    #[arg(long)]
    seconds: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Stream,
    Model,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-latency")]
struct Timed {
    id: u32,
    /// Nanoseconds since this process began to take the time.
    at: u64,
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-latency", auto_offset_reset = "latest")]
struct Times {
    events: Topic<Timed>,
}

/// What came, and when all did.
struct Arrivals {
    first: u32,
    last: u32,
    nanos: Mutex<Vec<u64>>,
    done: Notify,
}

impl Arrivals {
    fn note(&self, event: &Timed) {
        if event.id < self.first {
            return;
        }
        let mut nanos = self.nanos.lock().expect("no panic");
        nanos.push(now() - event.at);
        if nanos.len() == (self.last - self.first) as usize {
            self.done.notify_one();
        }
    }

    fn figures(&self) -> Figures {
        let mut nanos = self.nanos.lock().expect("no panic").clone();
        nanos.sort_unstable();
        let micros = |share: f64| {
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation
            )]
            let at = ((nanos.len() as f64 * share).ceil() as usize).clamp(1, nanos.len());
            #[allow(clippy::cast_precision_loss)]
            let nanos = nanos[at - 1] as f64;
            nanos / 1_000.0
        };
        Figures::default()
            .with("p50", micros(0.5))
            .with("p99", micros(0.99))
            .with("p99.9", micros(0.999))
            .with("max", micros(1.0))
    }
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_nanos()).expect("a short run")
}

impl Latency {
    pub async fn run(self) -> Figures {
        LazyLock::force(&START);
        let first = self.rate.max(2);
        let arrivals = Arc::new(Arrivals {
            first,
            last: first + self.rate * self.seconds,
            nanos: Mutex::default(),
            done: Notify::new(),
        });
        match self.who {
            Who::Stream => self.stream(&arrivals).await,
            Who::Model => self.model(&arrivals).await,
        }
        arrivals.figures()
    }

    /// Publishes at the rate, in a thread of its own.
    fn publish(&self, count: u32) {
        let mut config = self.client.producer();
        config.set("linger.ms", "0");
        let producer: ThreadedProducer<DefaultProducerContext> =
            config.create().expect("a producer");
        let interval = Duration::from_secs(1) / self.rate;
        thread::spawn(move || {
            let start = Instant::now();
            for id in 0..count {
                let due = start + interval * id;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let event = Timed {
                    id,
                    at: now(),
                    body: "x".repeat(60),
                };
                let json = serde_json::to_vec(&event).expect("JSON");
                let partition = i32::try_from(id % u32::from(PARTITIONS)).expect("a partition");
                let record: BaseRecord<'_, (), [u8]> =
                    BaseRecord::to(TOPIC).partition(partition).payload(&json);
                producer.send(record).expect("a record that is sent");
            }
            producer
                .flush(Duration::from_secs(10))
                .expect("acknowledgements");
        });
    }

    async fn stream(&self, arrivals: &Arc<Arrivals>) {
        let mut config = self.client.alike(PARTITIONS);
        config.set("auto.offset.reset", "latest");
        let consumer: StreamConsumer = config.create().expect("a consumer");
        consumer.subscribe(&[TOPIC]).expect("a subscription");
        let consuming = {
            let arrivals = Arc::clone(arrivals);
            let consumer = Arc::new(consumer);
            let consuming = Arc::clone(&consumer);
            let task = tokio::spawn(async move {
                loop {
                    let message = consuming.recv().await.expect("a record");
                    let event: Timed =
                        serde_json::from_slice(message.payload().expect("a payload"))
                            .expect("an event");
                    arrivals.note(&event);
                    consuming
                        .store_offset_from_message(&message)
                        .expect("a stored offset");
                }
            });
            while consumer.assignment().expect("an assignment").count() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            task
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.publish(arrivals.last);
        arrivals.done.notified().await;
        consuming.abort();
    }

    async fn model(&self, arrivals: &Arc<Arrivals>) {
        let builder = self.client.kafka().set("times.group_id", Client::group());
        let kafka = builder.build();
        let model = Times::register_all(&kafka).expect("a model");
        let noting = Arc::clone(arrivals);
        model
            .events
            .handle(move |event: Timed| {
                noting.note(&event);
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
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.publish(arrivals.last);
        arrivals.done.notified().await;
        running.shutdown().await;
    }
}
