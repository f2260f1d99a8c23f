//! Types that are as fast as they can be, beside one that is not.

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::isolation::{FAST, OTHER, PARTITIONS};
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many records of 100 bytes there are of each of the two fast types.
    #[arg(long, default_value_t = 500_000)]
    records: u64,
    /// How often each contender runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub async fn run(options: &Options) {
    let topics = [
        (FAST[0], PARTITIONS),
        (FAST[1], PARTITIONS),
        (OTHER, PARTITIONS),
    ];
    let server = Broker::with(&topics).await;
    println!(
        "isolation: two fast types of {} records each, fetched beforehand, {PARTITIONS} partitions each, {}",
        options.records,
        broker::describe(&server)
    );
    for topic in FAST {
        broker::load(&server.plain(), topic, PARTITIONS, options.records, 100);
    }
    broker::load(&server.plain(), OTHER, PARTITIONS, 50_000, 100);
    let mut entries = Vec::new();
    let others = [
        ("nothing", "alone"),
        ("hung", "beside a hung one"),
        ("slow", "beside a slow one"),
        ("failing", "beside a failing one"),
    ];
    for (other, name) in others {
        entries.push(Entry::new(name, &["run-isolation", other]));
    }
    for (other, name) in others {
        let name = format!("dedicated, {name}");
        entries.push(Entry::new(&name, &["run-isolation", other, "--dedicated"]));
    }
    let runs = interleaved(&entries, options.rounds, |_| {
        vec![
            format!("--bootstrap={}", server.address()),
            format!("--records={}", options.records),
            // Everything is fetched before the time is taken.
            "--set=queued_min_messages=10000000".to_owned(),
            "--set=queued_max_messages_kbytes=2000000".to_owned(),
        ]
    })
    .await;
    let columns = [
        Column::new("krate", "thousand fast records/s", 0),
        Column::new("cpu_ns", "CPU ns/fast record", 0),
    ];
    print!("{}", runs.table(&columns));
    for prefix in ["", "dedicated, "] {
        for (_, name) in &others[1..] {
            let (a, b) = (format!("{prefix}{name}"), format!("{prefix}alone"));
            println!("{}", runs.ratio_line("rate", &a, &b));
        }
    }
}
