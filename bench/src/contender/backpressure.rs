//! A handler that is slower than the records come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use rdkafka::consumer::{Consumer as _, ConsumerContext, StreamConsumer};
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::{ClientContext, Statistics, TopicPartitionList};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc};

use super::client::Client;
use crate::machine;
use crate::table::Figures;

pub const TOPIC: &str = "bench-backpressure";
pub const PARTITIONS: u16 = 4;
/// How often the handler is given what it may do.
const TICK: Duration = Duration::from_millis(2);
/// For how long that stays good: what is not used by then is time that the handler had nothing to do.
const GRACE: Duration = Duration::from_millis(10);

#[derive(Args, Clone, Debug)]
pub struct Backpressure {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// How many records may wait for the handler.
    #[arg(long)]
    buffer: usize,
    /// How many there are.
    #[arg(long)]
    records: u64,
    /// How many the handler can do in a second.
    #[arg(long)]
    rate: u32,
    /// It ends after so many seconds, if not all were handled by then.
    #[arg(long)]
    limit: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    /// Pauses its partitions while the buffer is full, and resumes them when half of it is free.
    PauseResume,
    Model,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-backpressure")]
struct Work {
    id: u64,
    name: String,
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-backpressure")]
struct Works {
    events: Topic<Work>,
}

/// What the handler is given to do its work with.
struct Pace {
    permits: Semaphore,
    done: AtomicU64,
    first: OnceLock<(Instant, Duration)>,
    limit: Duration,
}

impl Pace {
    fn start(rate: u32, limit: Duration) -> Arc<Self> {
        let pace = Arc::new(Self {
            permits: Semaphore::new(0),
            done: AtomicU64::new(0),
            first: OnceLock::new(),
            limit,
        });
        let giving = Arc::clone(&pace);
        let permits_in = move |time: Duration| (time.as_secs_f64() * f64::from(rate)) as usize;
        thread::spawn(move || {
            let start = Instant::now();
            let (mut given, mut last) = (0, start);
            loop {
                thread::sleep(TICK);
                let now = Instant::now();
                let all = permits_in(now - start);
                // This thread may have slept for longer than it wanted: that is not the handler's fault.
                let most = permits_in(GRACE + (now - last));
                let room = most.saturating_sub(giving.permits.available_permits());
                giving.permits.add_permits((all - given).min(room));
                (given, last) = (all, now);
            }
        });
        pace
    }

    /// The handler's work.
    async fn work(&self, work: &Work) {
        std::hint::black_box(work);
        self.first.get_or_init(|| {
            // Nobody could use what was given before.
            self.permits
                .forget_permits(self.permits.available_permits());
            (Instant::now(), machine::cpu())
        });
        self.permits.acquire().await.expect("permits").forget();
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    async fn until_done(&self, records: u64, rate: u32) -> Figures {
        let limit = |(first, _): &(Instant, Duration)| first.elapsed() < self.limit;
        while self.done.load(Ordering::Relaxed) < records && self.first.get().is_none_or(limit) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let records = self.done.load(Ordering::Relaxed);
        let (first, cpu) = self.first.get().expect("a first record");
        let seconds = first.elapsed().as_secs_f64();
        let cpu = machine::cpu().saturating_sub(*cpu).as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let records = records as f64;
        // The statistics of the last records.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Figures::default()
            .with("busy", 100.0 * records / (seconds * f64::from(rate)))
            .with("cpu_us", cpu * 1e6 / records)
    }
}

fn with_bytes(figures: Figures, fetched: u64, delivered: u64) -> Figures {
    #[allow(clippy::cast_precision_loss)]
    let ratio = fetched as f64 / delivered as f64;
    figures.with("fetched", ratio)
}

/// What librdkafka's statistics say.
#[derive(Default)]
struct Fetched(AtomicU64);

impl ClientContext for Fetched {
    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.values();
        let partitions = partitions.flat_map(|topic| topic.partitions.values());
        let fetched = partitions.map(|partition| partition.rxbytes).sum();
        self.0.store(fetched, Ordering::Relaxed);
    }
}

impl ConsumerContext for Fetched {}

impl Backpressure {
    pub async fn run(self) -> Figures {
        let pace = Pace::start(self.rate, Duration::from_secs(self.limit));
        match self.who {
            Who::PauseResume => self.pause_resume(&pace).await,
            Who::Model => self.model(&pace).await,
        }
    }

    async fn pause_resume(&self, pace: &Arc<Pace>) -> Figures {
        let config = self.client.alike(PARTITIONS);
        let consumer: StreamConsumer<Fetched> = config
            .create_with_context(Fetched::default())
            .expect("a consumer");
        consumer.subscribe(&[TOPIC]).expect("a subscription");
        let consumer = Arc::new(consumer);
        let delivered = Arc::new(AtomicU64::new(0));
        let (sender, receiver) = mpsc::channel(self.buffer);
        tokio::spawn(read(Arc::clone(&consumer), sender, Arc::clone(&delivered)));
        tokio::spawn(handle(receiver, Arc::clone(pace)));
        let figures = pace.until_done(self.records, self.rate).await;
        let fetched = consumer.context().0.load(Ordering::Relaxed);
        with_bytes(figures, fetched, delivered.load(Ordering::Relaxed))
    }

    async fn model(&self, pace: &Arc<Pace>) -> Figures {
        let buffer = i64::try_from(self.buffer).expect("a buffer");
        let kafka = self
            .client
            .kafka()
            .set("works.group_id", Client::group())
            .set("works.events.max_buffered", buffer)
            .build();
        let model = Works::register_all(&kafka).expect("a model");
        let working = Arc::clone(pace);
        model
            .events
            .handle(move |work: Work| {
                let pace = Arc::clone(&working);
                async move { pace.work(&work).await }
            })
            .expect("a handler");
        let running = kafka.start().await.expect("a start");
        let figures = pace.until_done(self.records, self.rate).await;
        let status = &kafka.status().services[0];
        let figures = with_bytes(figures, status.fetched_bytes, status.delivered_bytes);
        running.shutdown().await;
        figures
    }
}

/// Puts what comes into the buffer; while that is full the partitions are paused, and what comes is kept aside.
async fn read(
    consumer: Arc<StreamConsumer<Fetched>>,
    sender: mpsc::Sender<OwnedMessage>,
    delivered: Arc<AtomicU64>,
) {
    let mut paused: Option<TopicPartitionList> = None;
    let mut aside: Option<OwnedMessage> = None;
    loop {
        if let Some(list) = &paused {
            let free = sender.capacity();
            if free * 2 >= sender.max_capacity() {
                if let Some(message) = aside.take() {
                    sender.try_send(message).expect("room");
                }
                consumer.resume(list).expect("resumed");
                paused = None;
            }
        }
        let wait = Duration::from_millis(if paused.is_some() { 1 } else { 100 });
        // Polled all the while, or the group would take it for dead.
        let Ok(message) = tokio::time::timeout(wait, consumer.recv()).await else {
            continue;
        };
        let message = message.expect("a record");
        let bytes = message.payload_len() + message.key_len();
        delivered.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Err(refused) = sender.try_send(message.detach()) {
            let list = consumer.assignment().expect("an assignment");
            consumer.pause(&list).expect("paused");
            paused = Some(list);
            aside = Some(refused.into_inner());
        }
    }
}

async fn handle(mut receiver: mpsc::Receiver<OwnedMessage>, pace: Arc<Pace>) {
    while let Some(message) = receiver.recv().await {
        let work = serde_json::from_slice(message.payload().expect("a payload"));
        pace.work(&work.expect("JSON")).await;
    }
}
