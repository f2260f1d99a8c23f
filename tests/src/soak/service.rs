//! A service process: the model whose promises are put to the test.
//!
//! It is a member of all groups. SIGTERM ends it in an orderly way; it obeys lines on its standard input
//! (`hang STREAM MILLIS`), and ends at once when that is closed, so that it never outlives the harness.

use std::env;
use std::io::{self, BufRead as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kafka_model::{Kafka, KafkaMessage, KafkaModel, Record, Running, ServicePhase, Topic};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use super::log::{Event, Log, Outcome, Rec};
use super::message::{fingerprint, key_number};
use super::random::mixed;
use super::stream::Stream;

/// How often a consumer commits, in milliseconds; written out in the model below, which takes literals.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(500);
/// How long a rebalance or a shutdown waits for handlers.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// `memory_budget` of each consumer.
pub const MEMORY_BUDGET_KIB: u64 = 8 * 1024;
/// How many consumers a service has.
pub const CONSUMERS: u64 = 3;

macro_rules! messages {
    ($($name:ident: $($attribute:meta),+;)*) => {$(
        #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
        $(#[$attribute])+
        struct $name {
            id: u64,
            key: String,
            body: String,
        }

        impl Message for $name {
            fn parts(&self) -> (u64, &str) {
                (self.id, &self.body)
            }
        }
    )*};
}

trait Message {
    fn parts(&self) -> (u64, &str);
}

messages! {
    Order: kafka(topic = "soak-orders", key = key, max_buffered = 200);
    Account: kafka(topic = "soak-accounts", key = key, order = "key", concurrency = 8, max_buffered = 200);
    Job: kafka(topic = "soak-jobs", key = key, order = "none", concurrency = 4, max_buffered = 100),
        kafka(dedicated(group_id = "soak-jobs"));
    Audit: kafka(topic = "soak-audit", key = key, max_buffered = 100);
}

#[derive(KafkaModel)]
#[kafka(
    group_id = "soak-shared",
    client_id = env("SOAK_CLIENT"),
    commit_interval_ms = "500ms",
    drain_timeout_ms = "5s",
    max_poll_interval_ms = "20s",
    memory_budget = "8MiB",
    socket_timeout_ms = "10s",
    reconnect_backoff_max_ms = "1s",
    // New partitions are found by the members of the classic protocol as they refresh their metadata.
    topic_metadata_refresh_interval_ms = "3s",
    session_timeout_ms = "6s",
    heartbeat_interval_ms = "1s"
)]
struct Service {
    orders: Topic<Order>,
    accounts: Topic<Account>,
    jobs: Topic<Job>,
}

/// A model of its own, since sessions of this protocol are the broker's to set.
#[derive(KafkaModel)]
#[kafka(
    group_id = "soak-audit",
    group_protocol = "consumer",
    client_id = env("SOAK_CLIENT"),
    commit_interval_ms = "500ms",
    drain_timeout_ms = "5s",
    max_poll_interval_ms = "20s",
    memory_budget = "8MiB",
    socket_timeout_ms = "10s",
    reconnect_backoff_max_ms = "1s"
)]
struct Auditing {
    audit: Topic<Audit>,
}

/// What all handlers of the process share.
struct Shared {
    log: Log,
    process: u32,
    hangs: [AtomicU64; Stream::ALL.len()],
}

impl Shared {
    async fn handle<T: Message>(&self, stream: Stream, record: Record<T>) {
        let (id, body) = record.parts();
        let key = record.key().unwrap_or_default();
        let rec = Rec {
            s: stream,
            p: record.partition(),
            o: record.offset(),
            id,
            key: key_number(key).unwrap_or(u32::MAX),
            hash: fingerprint(key, id, body),
        };
        self.log.write(Event::Began(rec));
        let hang = self.hangs[stream as usize].swap(0, Ordering::SeqCst);
        if hang > 0 {
            self.log.write(Event::Hangs { rec, millis: hang });
            tokio::time::sleep(Duration::from_millis(hang)).await;
        }
        let draw = mixed(id ^ u64::from(self.process).rotate_left(40));
        match draw % 8 {
            0 | 1 => {}
            2 => tokio::time::sleep(Duration::from_millis(draw >> 8 & 15)).await,
            turns => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
        }
        self.log.write(Event::Ended {
            rec,
            outcome: Outcome::Done,
        });
    }

    fn obey(&self, line: &str) {
        let mut words = line.split(' ');
        if let (Some("hang"), Some(topic), Some(millis)) =
            (words.next(), words.next(), words.next())
            && let (Some(stream), Ok(millis)) = (Stream::of_topic(topic), millis.parse())
        {
            self.hangs[stream as usize].store(millis, Ordering::SeqCst);
        }
    }
}

static SHARED: OnceLock<Arc<Shared>> = OnceLock::new();

fn shared() -> &'static Shared {
    SHARED.get().expect("what handlers share")
}

/// Runs service process `process`, which writes its log in `directory`, until SIGTERM.
///
/// # Panics
/// If it cannot start.
pub async fn run(process: u32, bootstrap: &str, directory: &Path) {
    crate::show_logs();
    let log = Log::open(directory, process).expect("the event log");
    let hangs = std::array::from_fn(|_| AtomicU64::new(0));
    let shared_by_all = Arc::new(Shared {
        log,
        process,
        hangs,
    });
    assert!(SHARED.set(shared_by_all).is_ok(), "one service a process");
    assert!(env::var_os("SOAK_CLIENT").is_some(), "SOAK_CLIENT");
    std::thread::spawn(listen);
    let mut terminate = signal(SignalKind::terminate()).expect("a signal handler");

    // It may be started while a broker is away.
    let kafka = Kafka::builder()
        .bootstrap_servers(bootstrap)
        .connect_timeout(Duration::from_secs(60))
        .build();
    let model = Service::register_all(&kafka).expect("a model");
    model
        .orders
        .handle(|record: Record<Order>| shared().handle(Stream::Orders, record))
        .expect("a handler");
    model
        .accounts
        .handle(|record: Record<Account>| shared().handle(Stream::Accounts, record))
        .expect("a handler");
    model
        .jobs
        .handle(|record: Record<Job>| shared().handle(Stream::Jobs, record))
        .expect("a handler");
    let auditing = Auditing::register_all(&kafka).expect("a model");
    auditing
        .audit
        .handle(|record: Record<Audit>| shared().handle(Stream::Audit, record))
        .expect("a handler");
    let running = kafka.start().await.expect("a start");
    shared().log.write(Event::Ready);
    let mut troubles = Troubles::default();
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            () = tokio::time::sleep(Duration::from_millis(500)) => troubles.look(&running),
        }
    }
    let report = running.shutdown().await;
    shared().log.write(Event::ShutDown {
        clean: report.is_clean(),
        report: report.to_string(),
    });
}

/// Obeys the harness, and ends with it.
fn listen() {
    for line in io::stdin().lock().lines() {
        match line {
            Ok(line) => shared().obey(&line),
            Err(_) => break,
        }
    }
    std::process::exit(3);
}

/// What was last told of the status.
#[derive(Default)]
struct Troubles {
    told: Vec<String>,
}

impl Troubles {
    fn look(&mut self, running: &Running) {
        let status = running.status();
        let mut texts = Vec::new();
        for service in &status.services {
            if let ServicePhase::Failed { error, .. } = &service.phase {
                texts.push(format!("{} failed: {error}", service.service));
            }
            for topic in &service.topics {
                for (partition, halt) in topic.halted() {
                    texts.push(format!("{}[{partition}] {halt}", topic.topic));
                }
            }
        }
        for text in &texts {
            if !self.told.contains(text) {
                shared().log.write(Event::Trouble { text: text.clone() });
            }
        }
        self.told = texts;
    }
}
