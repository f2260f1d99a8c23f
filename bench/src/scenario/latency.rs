//! From publishing a record to its handler.

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::latency::{PARTITIONS, TOPIC};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Records per second.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 1_000, 20_000])]
    rates: Vec<u32>,
    /// For how long, each.
    #[arg(long, default_value_t = 6)]
    seconds: u32,
    /// How often each contender runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub async fn run(options: &Options) {
    let server = Broker::with(&[(TOPIC, PARTITIONS)]).await;
    println!(
        "latency: from publishing (linger.ms = 0) to the handler, {PARTITIONS} partitions, {}",
        broker::describe(&server)
    );
    let mut entries = Vec::new();
    for rate in &options.rates {
        let argument = format!("--rate={rate}");
        for (name, who) in [("stream-consumer", "stream"), ("kafka-model", "model")] {
            let name = format!("{name} at {rate}/s");
            entries.push(Entry::new(&name, &["run-latency", who, &argument]));
        }
    }
    let runs = interleaved(&entries, options.rounds, |_| {
        vec![
            format!("--bootstrap={}", server.address()),
            format!("--seconds={}", options.seconds),
        ]
    })
    .await;
    let columns = [
        Column::new("p50", "p50 µs", 0),
        Column::new("p99", "p99 µs", 0),
        Column::new("p99.9", "p99.9 µs", 0),
        Column::new("max", "max µs", 0),
    ];
    print!("{}", runs.table(&columns));
    for figure in ["p50", "p99"] {
        for rate in &options.rates {
            let name = |who: &str| format!("{who} at {rate}/s");
            let (a, b) = (name("kafka-model"), name("stream-consumer"));
            println!("{figure}: {}", runs.ratio_line(figure, &a, &b));
        }
    }
}
