//! What the contenders of the peers have in common with those of kafka-model: the arguments, the event, the handler
//! and how the time is taken. There is no Kafka client in here.

// The very files of the benchmarks: what it means to be quiet, and what a line of figures is.
#[path = "../../../src/machine.rs"]
pub mod machine;
#[path = "../../../src/table.rs"]
pub mod table;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use serde::Deserialize;
use table::Figures;
use tokio::sync::Notify;

/// The arguments of `run-drain`.
#[derive(Args, Clone, Debug)]
pub struct Drain {
    /// The brokers.
    #[arg(long)]
    pub bootstrap: String,
    /// The topic.
    #[arg(long, default_value = "bench-events")]
    pub topic: String,
    /// How many records there are.
    #[arg(long)]
    pub records: u64,
    /// What is done with each.
    #[arg(long, default_value = "nothing")]
    pub handler: Handler,
    /// Further settings of the consumer, `name=value`, with `_` for `.`.
    #[arg(long = "set")]
    pub set: Vec<String>,
}

impl Drain {
    /// A group that was never there before.
    pub fn group() -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        format!("bench-{}", now.map_or(0, |since| since.as_nanos()))
    }

    /// The further settings, as librdkafka names them.
    pub fn settings(&self) -> impl Iterator<Item = (String, String)> {
        let pairs = self.set.iter().filter_map(|set| set.split_once('='));
        pairs.map(|(name, value)| (name.replace('_', "."), value.to_owned()))
    }
}

/// What is consumed.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    pub id: u64,
    pub name: String,
    pub body: String,
}

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Handler {
    Nothing,
    /// Let others go on, once.
    Yield,
}

impl Handler {
    pub async fn handle(self, event: &Event) {
        self.handle_at_once(event);
        match self {
            Self::Nothing => {}
            Self::Yield => tokio::task::yield_now().await,
        }
    }

    /// Where there is nothing to wait for.
    pub fn handle_at_once(self, event: &Event) {
        std::hint::black_box(event);
    }
}

/// A time that is taken.
pub struct Stopwatch {
    start: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self {
            cpu: machine::cpu(),
            start: Instant::now(),
        }
    }

    pub fn figures(&self, records: u64) -> Figures {
        let seconds = self.start.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let records = records as f64;
        let cpu = machine::cpu().saturating_sub(self.cpu).as_secs_f64();
        Figures::default()
            .with("rate", records / seconds)
            .with("krate", records / seconds / 1_000.0)
            .with("cpu_ns", cpu * 1e9 / records)
            .with("seconds", seconds)
    }
}

/// What a framework's handler stands before until everything is fetched, and where it counts what it has done.
#[derive(Debug)]
pub struct Gate {
    arrived: AtomicBool,
    open: AtomicBool,
    opened: Notify,
    handled: AtomicU64,
}

impl Gate {
    pub const fn new() -> Self {
        Self {
            arrived: AtomicBool::new(false),
            open: AtomicBool::new(false),
            opened: Notify::const_new(),
            handled: AtomicU64::new(0),
        }
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Waits for as long as it is closed.
    pub async fn pass(&self) {
        if self.is_open() {
            return;
        }
        self.arrived.store(true, Ordering::Release);
        while !self.open.load(Ordering::Acquire) {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            opened.as_mut().enable();
            if !self.open.load(Ordering::Acquire) {
                opened.await;
            }
        }
    }

    /// So many more records are handled.
    pub fn count(&self, records: u64) {
        self.handled.fetch_add(records, Ordering::Relaxed);
    }

    /// Opens it once everything is fetched, and says how long it took to handle all.
    ///
    /// # Panics
    /// If no record arrives.
    pub async fn measure(&self, records: u64) -> Figures {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.arrived.load(Ordering::Acquire) {
            assert!(Instant::now() < deadline, "no record arrives");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        machine::quiet().await;
        let stopwatch = Stopwatch::start();
        self.open.store(true, Ordering::Release);
        self.opened.notify_waiters();
        while self.handled.load(Ordering::Relaxed) < records {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stopwatch.figures(records)
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
