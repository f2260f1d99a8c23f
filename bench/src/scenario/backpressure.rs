//! A handler that is slower than the records come.

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::backpressure::{PARTITIONS, TOPIC};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many records of 100 bytes. More than the client prefetches (about 1,000 of each partition) and a buffer.
    #[arg(long, default_value_t = 24_000)]
    records: u64,
    /// How many the handler can do in a second.
    #[arg(long, default_value_t = 4_000)]
    rate: u32,
    /// A run ends after so many seconds, if not all records were handled by then.
    #[arg(long, default_value_t = 10)]
    limit: u64,
    /// How many records may wait for the handler.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1_000, 10_000])]
    buffers: Vec<usize>,
    /// How often each contender runs.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
}

pub async fn run(options: &Options) {
    let server = Broker::with(&[(TOPIC, PARTITIONS)]).await;
    println!(
        "backpressure: {} records, a handler that can do {}/s, {PARTITIONS} partitions, {}",
        options.records,
        options.rate,
        broker::describe(&server)
    );
    broker::load(&server.plain(), TOPIC, PARTITIONS, options.records, 100);
    let mut entries = Vec::new();
    for buffer in &options.buffers {
        let argument = format!("--buffer={buffer}");
        for (name, who) in [("pause/resume", "pause-resume"), ("kafka-model", "model")] {
            let name = format!("{name}, buffer of {buffer}");
            entries.push(Entry::new(&name, &["run-backpressure", who, &argument]));
        }
    }
    let runs = interleaved(&entries, options.rounds, |_| {
        vec![
            format!("--bootstrap={}", server.address()),
            format!("--records={}", options.records),
            format!("--rate={}", options.rate),
            format!("--limit={}", options.limit),
            "--set=statistics_interval_ms=200".to_owned(),
            // Little is prefetched, so that few records show what is fetched twice.
            "--set=queued_min_messages=500".to_owned(),
            "--set=queued_max_messages_kbytes=256".to_owned(),
            "--set=fetch_message_max_bytes=65536".to_owned(),
        ]
    })
    .await;
    let columns = [
        Column::new("fetched", "fetched/delivered bytes", 3),
        Column::new("busy", "handler busy, %", 1),
        Column::new("cpu_us", "CPU µs/record", 1),
    ];
    print!("{}", runs.table(&columns));
    for (figure, title) in [
        ("fetched", "fetched/delivered"),
        ("busy", "handler busy, %"),
    ] {
        for buffer in &options.buffers {
            let name = format!("kafka-model, buffer of {buffer}");
            println!("{}", runs.figure_line(figure, title, &name));
        }
    }
}
