//! Records that were fetched beforehand: what the loop itself costs.

use std::path::Path;

use clap::Args;
use kafka_model_tests::Broker;

use crate::broker;
use crate::message::TOPIC;
use crate::run::{Entry, interleaved};
use crate::table::Column;

/// The programs of `bench/peers`, and what each is told.
const PEERS: [(&str, &str, &[&str]); 5] = [
    ("ruststream-rdkafka", "ruststream-rdkafka", &[]),
    (
        "ruststream-rdkafka+lanes",
        "ruststream-rdkafka",
        &["--form=lanes"],
    ),
    (
        "ruststream-rdkafka+batch",
        "ruststream-rdkafka",
        &["--form=batch"],
    ),
    ("sentry_arroyo", "sentry_arroyo", &[]),
    ("sea-streamer-kafka", "sea-streamer-kafka", &[]),
];

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many records.
    #[arg(long, default_value_t = 500_000)]
    records: u64,
    /// Of how many partitions.
    #[arg(long, default_value_t = 12)]
    partitions: u16,
    /// How many bytes of JSON each has.
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// How often each contender runs.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// What is done with each record: nothing, or yield.
    #[arg(long, default_value = "nothing")]
    handler: String,
    /// Look at the bytes, and decode nothing.
    #[arg(long)]
    raw: bool,
    /// Only these contenders.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

pub async fn run(options: &Options) {
    let Options {
        records,
        partitions,
        bytes,
        ..
    } = *options;
    let server = Broker::with(&[(TOPIC, partitions)]).await;
    println!(
        "drain: {records} records of {bytes} bytes of JSON in {partitions} partitions{}, {}",
        if options.raw { ", not decoded" } else { "" },
        broker::describe(&server)
    );
    broker::load(&server.plain(), TOPIC, partitions, records, bytes);
    let entries = [
        ("stream-consumer", "stream"),
        ("stream-consumer+store", "stream-store"),
        ("stream-consumer+commit", "stream-commit"),
        ("base-consumer", "base"),
        ("base-consumer+store", "base-store"),
        ("kafka-model", "shared"),
        ("kafka-model-dedicated", "dedicated"),
        ("kafka-model-by-key", "key"),
        ("kafka-model-unordered", "none"),
        ("kafka-model-batch", "batch"),
    ];
    let mut entries: Vec<_> = entries
        .into_iter()
        .filter(|(name, _)| options.is_wanted(name))
        .map(|(name, who)| Entry::new(name, &["run-drain", who]))
        .collect();
    let peers = peers(options);
    entries.extend(peers.iter().cloned());
    let runs = interleaved(&entries, options.rounds, |_| {
        let arguments = [
            ("bootstrap", server.address()),
            ("records", &records.to_string()),
            ("handler", &options.handler),
            // Everything is fetched before the time is taken.
            ("set", "queued_min_messages=10000000"),
            ("set", "queued_max_messages_kbytes=2000000"),
        ];
        let arguments = arguments
            .into_iter()
            .map(|(name, value)| format!("--{name}={value}"));
        arguments
            .chain(options.raw.then(|| "--raw".to_owned()))
            .collect()
    })
    .await;
    let columns = [
        Column {
            figure: "krate",
            title: "thousand records/s",
            digits: 0,
        },
        Column {
            figure: "cpu_ns",
            title: "CPU ns/record",
            digits: 0,
        },
    ];
    print!("{}", runs.table(&columns));
    for other in [
        "stream-consumer",
        "stream-consumer+store",
        "base-consumer+store",
    ]
    .into_iter()
    .filter(|name| options.is_wanted(name))
    .chain(peers.iter().map(|peer| peer.name.as_str()))
    {
        println!("{}", runs.ratio_line("rate", "kafka-model", other));
    }
}

impl Options {
    fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// The peers that are built; says which are not.
fn peers(options: &Options) -> Vec<Entry> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    // They decode.
    let wanted = PEERS
        .iter()
        .filter(|(name, ..)| options.is_wanted(name) && !options.raw);
    let mut peers = Vec::new();
    for (name, program, arguments) in wanted {
        let path = here.join(program).join("target/release").join(program);
        match Entry::program(name, &path.to_string_lossy(), arguments) {
            Some(entry) => peers.push(entry),
            None => {
                println!("{name}: not built, so not in this run; bench/peers/build.sh builds it")
            }
        }
    }
    peers
}
