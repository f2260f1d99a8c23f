//! How often the heap is asked for memory, per record, while what was fetched beforehand is consumed. The types'
//! decoding asks for none; librdkafka's own requests are not counted.

#[allow(dead_code)]
#[path = "../machine.rs"]
mod machine;

use std::alloc::System;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use kafka_model::{Kafka, KafkaMessage, KafkaModel, Topic};
use kafka_model_tests::{Broker, RawRecord};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};
use tokio::sync::Notify;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TOPIC: &str = "bench-allocations";
const ORDERS: [&str; 3] = ["partition", "key", "none"];

/// Counts allocations per record.
#[derive(Parser)]
struct Options {
    /// How many records are counted.
    #[arg(long, default_value_t = 200_000)]
    records: u64,
    /// Of how many partitions.
    #[arg(long, default_value_t = 12)]
    partitions: u16,
    /// How often.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fail if kafka-model needs more per record, even in its best round.
    #[arg(long, default_value_t = 0.1)]
    most: f64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-allocations", key = a)]
struct Numbers {
    id: u64,
    a: u64,
    b: u64,
    c: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-allocations")]
struct Counted {
    numbers: Topic<Numbers>,
}

/// Counts records, and notes what was allocated when the first and the last of those that count came.
struct Count {
    first: u64,
    last: u64,
    seen: AtomicU64,
    from: OnceLock<Stats>,
    to: OnceLock<Stats>,
    done: Notify,
}

impl Count {
    fn new(records: u64) -> Arc<Self> {
        let first = records / 10;
        Arc::new(Self {
            first,
            last: first + records,
            seen: AtomicU64::new(0),
            from: OnceLock::new(),
            to: OnceLock::new(),
            done: Notify::new(),
        })
    }

    fn note(&self, numbers: &Numbers) {
        std::hint::black_box(numbers);
        let seen = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if seen == self.first {
            let _ = self.from.set(ALLOCATOR.stats());
        } else if seen == self.last {
            let _ = self.to.set(ALLOCATOR.stats());
            self.done.notify_one();
        }
    }

    fn per_record(&self) -> (f64, f64) {
        let (from, to) = (self.from.get().expect("from"), self.to.get().expect("to"));
        let requests = |stats: &Stats| stats.allocations + stats.reallocations;
        #[allow(clippy::cast_precision_loss)]
        let per_record = |of: usize| of as f64 / (self.last - self.first) as f64;
        (
            per_record(requests(to) - requests(from)),
            per_record(to.bytes_allocated - from.bytes_allocated),
        )
    }
}

fn group() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("bench-allocations-{}", now.expect("a clock").as_nanos())
}

async fn kafka_model(options: &Options, bootstrap: &str, order: &str) -> (f64, f64) {
    let kafka = Kafka::builder()
        .bootstrap_servers(bootstrap)
        .set("counted.group_id", group())
        .set("counted.numbers.order", order)
        .set("queued_min_messages", 10_000_000)
        .set("queued_max_messages_kbytes", 2_000_000)
        .build();
    let model = Counted::register_all(&kafka).expect("a model");
    let count = Count::new(options.records);
    let gate = Arc::new((AtomicBool::new(false), Notify::new()));
    let (counting, waiting) = (Arc::clone(&count), Arc::clone(&gate));
    model
        .numbers
        .handle(move |numbers: Numbers| {
            let shut = (!waiting.0.load(Ordering::Acquire)).then(|| Arc::clone(&waiting));
            // Once the gate is open nothing is awaited, and this is the record's own time.
            if shut.is_none() {
                counting.note(&numbers);
            }
            let counting = shut.is_some().then(|| Arc::clone(&counting));
            async move {
                if let (Some(shut), Some(counting)) = (shut, counting) {
                    let opened = shut.1.notified();
                    tokio::pin!(opened);
                    opened.as_mut().enable();
                    if !shut.0.load(Ordering::Acquire) {
                        opened.await;
                    }
                    counting.note(&numbers);
                }
            }
        })
        .expect("a handler");
    let running = kafka.start().await.expect("a start");
    let assigned = model
        .numbers
        .wait_until(Duration::from_secs(60), |topic| topic.buffered > 0)
        .await;
    assert!(assigned.is_some(), "{:#?}", running.status());
    machine::quiet().await;
    gate.0.store(true, Ordering::Release);
    gate.1.notify_waiters();
    count.done.notified().await;
    running.shutdown().await;
    count.per_record()
}

async fn stream_consumer(options: &Options, bootstrap: &str) -> (f64, f64) {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group())
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .set("queued.min.messages", "10000000")
        .set("queued.max.messages.kbytes", "2000000")
        .create()
        .expect("a consumer");
    consumer.subscribe(&[TOPIC]).expect("a subscription");
    let count = Count::new(options.records);
    let take = async || {
        let message = consumer.recv().await.expect("a record");
        let numbers = serde_json::from_slice(message.payload().expect("a payload"));
        count.note(&numbers.expect("numbers"));
        consumer
            .store_offset_from_message(&message)
            .expect("a stored offset");
    };
    take().await;
    machine::quiet().await;
    while count.to.get().is_none() {
        take().await;
    }
    count.per_record()
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let broker = Broker::with(&[(TOPIC, options.partitions)]).await;
    // What is warm-up, what counts, and what is left at the end.
    let records = options.records + options.records / 5;
    println!(
        "allocations: {} of {records} records of four numbers, {} partitions",
        options.records, options.partitions
    );
    let all = (0..records).map(|id| {
        let partition = i32::try_from(id % u64::from(options.partitions)).expect("a partition");
        let numbers = Numbers {
            id,
            // The key: 500 of each partition.
            a: id / u64::from(options.partitions) % 500,
            b: 2,
            c: 3,
        };
        RawRecord::of(partition, serde_json::to_vec(&numbers).expect("JSON"))
            .key(numbers.a.to_string())
    });
    let producer = [
        ("linger.ms", "200"),
        ("batch.size", "900000"),
        ("queue.buffering.max.messages", "1000000"),
    ];
    broker.plain().produce_with(TOPIC, &producer, all);
    let mut best = [f64::INFINITY; ORDERS.len()];
    for _ in 0..options.rounds {
        let (times, bytes) = stream_consumer(&options, broker.address()).await;
        println!("stream-consumer+store     {times:.4} allocations/record, {bytes:.0} bytes");
        for (order, best) in ORDERS.into_iter().zip(&mut best) {
            let (times, bytes) = kafka_model(&options, broker.address(), order).await;
            *best = best.min(times);
            println!("kafka-model by {order:<10} {times:.4} allocations/record, {bytes:.0} bytes");
        }
    }
    let most = options.most;
    let mut code = ExitCode::SUCCESS;
    for (order, best) in ORDERS.into_iter().zip(best) {
        if best > most {
            eprintln!(
                "allocations: by {order} they are {best:.4} for each record, and may be {most}"
            );
            code = ExitCode::FAILURE;
        }
    }
    code
}
