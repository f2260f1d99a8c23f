//! Publishing.

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::publish::{PARTITIONS, TOPIC};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many records, of which many are on their way at once.
    #[arg(long, default_value_t = 300_000)]
    records: u64,
    /// How many records, each of which is waited for.
    #[arg(long, default_value_t = 300)]
    one_by_one: u64,
    /// How often each contender runs.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

pub async fn run(options: &Options) {
    let server = Broker::with(&[(TOPIC, PARTITIONS)]).await;
    println!(
        "publish: {} records of 100 bytes of JSON, 10,000 of them under way at once, and {} one by one, {PARTITIONS} partitions, {}",
        options.records,
        options.one_by_one,
        broker::describe(&server)
    );
    let many = format!("--records={}", options.records);
    let few = format!("--records={}", options.one_by_one);
    let run = |name, who, more: &[&str]| Entry::new(name, &[&["run-publish", who], more].concat());
    let at_once: &[&str] = &[&many];
    let one_by_one: &[&str] = &[&few, "--one-by-one"];
    let at_once_sent: &[&str] = &[&many, "--set=linger_ms=1"];
    let one_by_one_sent: &[&str] = &[&few, "--one-by-one", "--set=linger_ms=1"];
    let entries = [
        run("kafka-model", "model", at_once),
        run("kafka-model, publish_all", "model-all", at_once),
        run("future-producer", "future", at_once),
        run("future-producer, linger.ms = 1", "future", at_once_sent),
        run("threaded-producer", "threaded", at_once),
        run("kafka-model, one by one", "model", one_by_one),
        run("future-producer, one by one", "future", one_by_one),
        run(
            "future-producer, one by one, linger.ms = 1",
            "future",
            one_by_one_sent,
        ),
    ];
    let runs = interleaved(&entries, options.rounds, |_| {
        vec![format!("--bootstrap={}", server.address())]
    })
    .await;
    let columns = [
        Column::new("krate", "thousand records/s", 2),
        Column::new("cpu_ns", "CPU ns/record", 0),
    ];
    print!("{}", runs.table(&columns));
    for (a, b) in [
        ("kafka-model", "future-producer"),
        ("kafka-model", "future-producer, linger.ms = 1"),
        ("kafka-model", "threaded-producer"),
        ("kafka-model, one by one", "future-producer, one by one"),
        (
            "kafka-model, one by one",
            "future-producer, one by one, linger.ms = 1",
        ),
        ("kafka-model, publish_all", "future-producer"),
        ("kafka-model, publish_all", "threaded-producer"),
    ] {
        println!("{}", runs.ratio_line("rate", a, b));
    }
}
