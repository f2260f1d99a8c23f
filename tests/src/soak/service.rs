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

use kafka_model::{Events, Kafka, KafkaMessage, KafkaModel, Record, Topic};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use super::fate::Fate;
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
    Order: kafka(topic = "soak-orders", key = key, max_buffered = 200),
        kafka(retry(attempts = 3, backoff = "50ms..500ms", jitter = true)),
        kafka(on_failure = "dead_letter", dead_letter = "soak-orders-dead");
    Account: kafka(topic = "soak-accounts", key = key, order = "key", concurrency = 8, max_buffered = 200),
        kafka(retry(attempts = 3, backoff = "50ms..500ms", jitter = true)),
        kafka(on_failure = "dead_letter", dead_letter = "soak-accounts-dead");
    Job: kafka(topic = "soak-jobs", key = key, order = "none", concurrency = 4, max_buffered = 100),
        kafka(retry(attempts = 2, backoff = "100ms", topics = ["2s", "5s"])),
        kafka(on_failure = "dead_letter", dead_letter = "soak-jobs-dead"),
        kafka(dedicated(group_id = "soak-jobs"));
    Audit: kafka(topic = "soak-audit", key = key, max_buffered = 100),
        kafka(retry(attempts = 3, backoff = "50ms..500ms"));
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
    seed: u64,
    hangs: [AtomicU64; Stream::ALL.len()],
}

impl Shared {
    async fn handle<T: Message>(&self, record: Record<T>) -> Result<(), io::Error> {
        // A retry topic's records come to the handler of the topic that they failed in.
        let stream = Stream::of_topic(record.topic()).expect("a topic of the model");
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
        let fate = Fate::of(self.seed, stream, id);
        let outcome = match fate {
            Fate::After(attempts) if record.attempt() <= attempts => Outcome::Failed,
            Fate::Never => Outcome::Failed,
            Fate::Panic => Outcome::Panicked,
            Fate::Well | Fate::After(_) => Outcome::Done,
        };
        self.log.write(Event::Ended { rec, outcome });
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::Failed => Err(io::Error::other("its fate")),
            Outcome::Panicked => panic!("its fate"),
        }
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
pub async fn run(process: u32, seed: u64, bootstrap: &str, directory: &Path) {
    crate::show_logs();
    let log = Log::open(directory, process).expect("the event log");
    let hangs = std::array::from_fn(|_| AtomicU64::new(0));
    let shared_by_all = Arc::new(Shared {
        log,
        process,
        seed,
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
        .handle(|record: Record<Order>| shared().handle(record))
        .expect("a handler");
    model
        .accounts
        .handle(|record: Record<Account>| shared().handle(record))
        .expect("a handler");
    model
        .jobs
        .handle(|record: Record<Job>| shared().handle(record))
        .expect("a handler");
    let auditing = Auditing::register_all(&kafka).expect("a model");
    auditing
        .audit
        .handle(|record: Record<Audit>| shared().handle(record))
        .expect("a handler");
    let events = kafka.events();
    tokio::spawn(tell(events));
    let running = kafka.start().await.expect("a start");
    shared().log.write(Event::Ready);
    terminate.recv().await;
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

/// Writes down what the runtime tells of itself.
async fn tell(mut events: Events) {
    while let Some(event) = events.next().await {
        let text = match &event {
            // By which the nemesis knows that it had an effect.
            kafka_model::Event::FailuresRefused { to, reason, .. } => {
                format!("refused by {to}: {reason}")
            }
            _ => event.to_string(),
        };
        shared().log.write(Event::Told { text });
    }
}
