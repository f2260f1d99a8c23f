//! Records that are fetched while they are consumed.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use kafka_model_tests::{Broker, Plain};

use crate::broker;
use crate::contender::live::{PARTITIONS, TOPIC};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many records, each time.
    #[arg(long, default_value_t = 500_000)]
    records: u64,
    /// How many bytes of JSON each has.
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// How often each contender runs.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The records are there already, and nothing of them was fetched.
    #[arg(long)]
    backlog: bool,
    /// librdkafka's own program, if it was built: see `rdkafka-performance.sh`.
    #[arg(long, default_value = "target/rdkafka_performance")]
    performance: String,
    /// Only these contenders.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

pub async fn run(options: &Options) {
    let Options { records, bytes, .. } = *options;
    // Each partition gets as many.
    let records = records / u64::from(PARTITIONS) * u64::from(PARTITIONS);
    let server = Broker::with(&[(TOPIC, PARTITIONS)]).await;
    println!(
        "live{}: {records} records of {bytes} bytes of JSON, {PARTITIONS} partitions, {}",
        if options.backlog { " (backlog)" } else { "" },
        broker::describe(&server)
    );
    let plain = server.plain();
    if options.backlog {
        broker::load(&plain, TOPIC, PARTITIONS, records, bytes);
    }
    let program = std::path::Path::new(&options.performance);
    let mut entries = vec![
        Entry::new("base-consumer", &["run-live", "base"]),
        Entry::new("base-consumer-defaults", &["run-live", "base-defaults"]),
        Entry::new("stream-consumer", &["run-live", "stream"]),
        Entry::new("kafka-model", &["run-live", "model"]),
    ];
    if program.exists() {
        let argument = format!("--program={}", program.display());
        let arguments = ["run-live", "performance", &argument];
        entries.push(Entry::new("rdkafka_performance", &arguments));
    } else {
        println!(
            "without rdkafka_performance: {} is not there",
            program.display()
        );
    }
    let only = &options.only;
    entries.retain(|entry| only.is_empty() || only.contains(&entry.name));
    let mut begin = 0;
    let runs = interleaved(&entries, options.rounds, |_| {
        let group = group(&plain, begin);
        let mut arguments = vec![
            format!("--bootstrap={}", server.address()),
            format!("--records={records}"),
            format!("--group={group}"),
        ];
        if !options.backlog {
            begin += records;
            arguments.push(format!("--produce={bytes}"));
        }
        arguments
    })
    .await;
    let columns = [
        Column::new("krate", "thousand records/s", 0),
        Column::new("cpu_ns", "CPU ns/record", 0),
    ];
    print!("{}", runs.table(&columns));
    for other in entries.iter().filter(|entry| entry.name != "kafka-model") {
        println!("{}", runs.ratio_line("rate", "kafka-model", &other.name));
    }
}

/// A new group, that begins where so many records are before it.
fn group(plain: &Plain, begin: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let group = format!("bench-live-{}", now.map_or(0, |since| since.as_nanos()));
    let next = i64::try_from(begin / u64::from(PARTITIONS)).expect("an offset");
    for partition in 0..i32::from(PARTITIONS) {
        plain.commit(&group, TOPIC, partition, next);
    }
    group
}
