//! `sentry_arroyo`: a `StreamProcessor` whose strategy decodes and handles each record and commits what is done every
//! second, and at the end. A commit is of records that were handled: at least once, in order within a partition.
//!
//! One thread polls, decodes, handles and commits (and waits for each commit). The key and the payload of each record
//! are copied. A handler that has nothing to wait for is a `RunTask`; one that awaits is a `RunTaskInThreads`, which
//! handles records at the same time, in no order, and passes them on in that of the consumer.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Parser;
use kafka_model_bench_peer::{Drain, Event, Gate, Handler};
use sentry_arroyo::backends::kafka::InitialOffset;
use sentry_arroyo::backends::kafka::config::KafkaConfig;
use sentry_arroyo::backends::kafka::types::KafkaPayload;
use sentry_arroyo::processing::StreamProcessor;
use sentry_arroyo::processing::strategies::commit_offsets::CommitOffsets;
use sentry_arroyo::processing::strategies::run_task::RunTask;
use sentry_arroyo::processing::strategies::run_task_in_threads::{
    ConcurrencyConfig, RunTaskFunc, RunTaskInThreads,
};
use sentry_arroyo::processing::strategies::{
    ProcessingStrategy, ProcessingStrategyFactory, SubmitError,
};
use sentry_arroyo::types::{Message, Topic};
use tokio::runtime::Handle;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    drain: Drain,
    /// How many records are handled at the same time, where the handler awaits.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
}

static DRAIN: OnceLock<Drain> = OnceLock::new();
static GATE: Gate = Gate::new();

fn drain() -> &'static Drain {
    DRAIN.get().expect("the arguments")
}

fn decode(message: &Message<KafkaPayload>) -> Event {
    let payload = message.payload().payload().expect("a payload");
    serde_json::from_slice(payload).expect("an event")
}

struct Strategy {
    runtime: Handle,
    concurrency: usize,
}

impl Strategy {
    fn at_once(&self) -> impl ProcessingStrategy<KafkaPayload> + 'static {
        let runtime = self.runtime.clone();
        let handle = move |message: Message<KafkaPayload>| -> Result<_, SubmitError<KafkaPayload>> {
            if !GATE.is_open() {
                runtime.block_on(GATE.pass());
            }
            drain().handler.handle_at_once(&decode(&message));
            GATE.count(1);
            Ok(message.replace(()))
        };
        RunTask::new(handle, commit())
    }

    fn awaiting(&self) -> impl ProcessingStrategy<KafkaPayload> + 'static {
        let concurrency = ConcurrencyConfig::with_runtime(self.concurrency, self.runtime.clone());
        let runtime = self.runtime.clone();
        let handle = move |message: Message<KafkaPayload>| -> RunTaskFunc<(), Infallible> {
            // Not in the task: the thread that polls would ask for room for it all the time.
            if !GATE.is_open() {
                runtime.block_on(GATE.pass());
            }
            Box::pin(async move {
                drain().handler.handle(&decode(&message)).await;
                GATE.count(1);
                Ok(message.replace(()))
            })
        };
        RunTaskInThreads::new(commit(), handle, &concurrency, None)
    }
}

fn commit() -> CommitOffsets {
    CommitOffsets::new(Duration::from_secs(1))
}

impl ProcessingStrategyFactory<KafkaPayload> for Strategy {
    fn create(&self) -> Box<dyn ProcessingStrategy<KafkaPayload>> {
        match drain().handler {
            Handler::Nothing => Box::new(self.at_once()),
            Handler::Yield => Box::new(self.awaiting()),
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let drain = DRAIN.get_or_init(|| arguments.drain);
    let config = KafkaConfig::new_consumer_config(
        vec![drain.bootstrap.clone()],
        Drain::group(),
        InitialOffset::Earliest,
        false,
        300_000,
        Some(drain.settings().collect()),
    );
    let strategy = Strategy {
        runtime: Handle::current(),
        concurrency: arguments.concurrency,
    };
    let topic = Topic::new(&drain.topic);
    let processor = StreamProcessor::with_kafka(config, strategy, topic, None);
    let mut handle = processor.get_handle();
    let thread = std::thread::spawn(move || processor.run().expect("a clean end"));
    let figures = GATE.measure(drain.records).await;
    handle.signal_shutdown();
    thread.join().expect("a clean end");
    println!("{}", figures.to_line());
}
