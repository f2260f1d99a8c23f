//! A service in a process of its own, for tests that kill it.
//!
//! `worker MODEL ADDRESS LOG` consumes until SIGTERM, and writes a line for each record to LOG before it is
//! acknowledged, which takes `WORKER_MILLIS` (2 if that is not set). Its exit code is not 0 if its shutdown could not
//! finish something, which it then prints.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use kafka_model::{Kafka, KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::show_logs;
use serde::{Deserialize, Serialize};

/// Models that differ in topic and delivery. Sessions are as short as a broker allows: the embedded one,
/// whose rebalances take as long, allows two seconds, a real one six.
macro_rules! models {
    ($($module:ident = $name:tt, $delivery:tt, $session:tt, $poll:tt;)*) => {
        $(
            mod $module {
                use super::*;

                #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
                #[kafka(topic = $name, max_buffered = 100)]
                struct Event {
                    id: u64,
                }

                #[derive(KafkaModel)]
                #[kafka(
                    group_id = $name,
                    delivery = $delivery,
                    commit_interval_ms = 100,
                    session_timeout_ms = $session,
                    heartbeat_interval_ms = 100,
                    max_poll_interval_ms = $poll,
                    fetch_wait_max_ms = 10
                )]
                struct Model {
                    events: Topic<Event>,
                }

                pub(super) fn register(kafka: &Kafka, log: Arc<File>) {
                    let handler = move |record: Record<Event>| {
                        let log = Arc::clone(&log);
                        async move {
                            let line = format!("{} {} {}\n", record.id, record.partition(), record.offset());
                            // One write, so that lines of several processes do not mix, and a kill
                            // leaves no half of one.
                            (&*log).write_all(line.as_bytes()).expect("the log");
                            // Long enough that there is always one at work when something happens.
                            tokio::time::sleep(takes()).await;
                        }
                    };
                    let model = Model::register_all(kafka).expect("a model");
                    model.events.handle(handler).expect("a handler");
                }
            }
        )*

        fn register(name: &str, is_real: bool, kafka: &Kafka, log: Arc<File>) {
            match (name, is_real) {
                $(($name, real) if real == ($session == "6s") => $module::register(kafka, log),)*
                _ => panic!("no model {name}"),
            }
        }
    };
}

models! {
    killed = "processes-killed", "at_least_once", "2s", "11s";
    killed_real = "processes-killed", "at_least_once", "6s", "11s";
    rolling = "processes-rolling", "at_least_once", "2s", "11s";
    rolling_real = "processes-rolling", "at_least_once", "6s", "11s";
    signalled = "processes-signalled", "at_least_once", "2s", "11s";
    signalled_real = "processes-signalled", "at_least_once", "6s", "11s";
    impatient = "processes-impatient", "at_least_once", "2s", "1m";
    impatient_real = "processes-impatient", "at_least_once", "6s", "1m";
    once = "at-most-once-killed", "at_most_once", "2s", "11s";
    once_real = "at-most-once-killed", "at_most_once", "6s", "11s";
}

#[tokio::main]
async fn main() {
    show_logs();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [name, address, log] = &*arguments else {
        panic!("usage: worker MODEL ADDRESS LOG")
    };
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .expect("the log");
    let is_real = std::env::var_os("KAFKA_MODEL_TEST_BOOTSTRAP").is_some();
    let kafka = Kafka::builder().bootstrap_servers(address).build();
    register(name, is_real, &kafka, Arc::new(log));
    if let Err(error) = kafka.run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

/// How long a record takes.
fn takes() -> Duration {
    let millis = std::env::var("WORKER_MILLIS").ok();
    Duration::from_millis(millis.and_then(|millis| millis.parse().ok()).unwrap_or(2))
}
