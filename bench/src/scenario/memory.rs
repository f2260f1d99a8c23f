//! What a slow handler makes a consumer hold.

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::memory::{PARTITIONS, TOPIC};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// `memory_budget`, in MiB.
    #[arg(long, default_value_t = 64)]
    budget: u16,
    /// For how long, each.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each contender runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Sizes, and how many records of them: several times the budget, the smallest with what librdkafka adds to each.
const SIZES: [(&str, usize, u64); 3] = [
    ("100 B", 100, 1_000_000),
    ("100 KiB", 100 << 10, 4_000),
    // A broker takes batches of 1 MiB, and so records that are a little less.
    ("1 MiB", (1 << 20) - 2_048, 400),
];

pub async fn run(options: &Options) {
    let server = Broker::with(&[]).await;
    println!(
        "memory: a handler that takes 20 ms for each record, a budget of {} MiB, {PARTITIONS} partitions, {}",
        options.budget,
        broker::describe(&server)
    );
    let columns = [
        Column::new("more", "peak, MiB beyond the start", 1),
        Column::new("of_bound", "of the bound", 2),
    ];
    let mut ratios = Vec::new();
    for (size, bytes, records) in SIZES {
        server.create_topic(TOPIC, PARTITIONS).await;
        broker::load(&server.plain(), TOPIC, PARTITIONS, records, bytes);
        let entries: Vec<_> = [("kafka-model", "model"), ("stream-consumer", "stream")]
            .map(|(name, who)| Entry::new(&format!("{name}, {size}"), &["run-memory", who]))
            .into();
        let runs = interleaved(&entries, options.rounds, |_| {
            vec![
                format!("--bootstrap={}", server.address()),
                format!("--seconds={}", options.seconds),
                format!("--budget={}", options.budget),
            ]
        })
        .await;
        print!("{}", runs.table(&columns));
        ratios.push(runs.figure_line("of_bound", "peak/bound", &format!("kafka-model, {size}")));
    }
    println!("{}", ratios.join("\n"));
}
