//! What consumers cost that have nothing to do.

use clap::Args;
use futures_util::future::join_all;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::many::TOPICS;
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many consumers, at most 50.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 50])]
    services: Vec<usize>,
    /// For how long, each.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often each contender runs.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
}

pub async fn run(options: &Options) {
    let server = Broker::with(&[]).await;
    let most = options.services.iter().max().copied().unwrap_or(0);
    let topics = &TOPICS[..most];
    join_all(topics.iter().map(|topic| server.create_topic(topic, 1))).await;
    println!(
        "idle: consumers of an empty partition each, {}",
        broker::describe(&server)
    );
    let mut entries = Vec::new();
    for services in &options.services {
        let argument = format!("--services={services}");
        for (name, who) in [("base-consumer", "base"), ("kafka-model", "model")] {
            let name = format!("{name} x {services}");
            entries.push(Entry::new(&name, &["run-idle", who, &argument]));
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
        Column::new("cpu", "CPU ms/s", 1),
        Column::new("switches", "voluntary switches/s", 0),
        Column::new("threads", "threads", 0),
    ];
    print!("{}", runs.table(&columns));
    for services in &options.services {
        let name = |who: &str| format!("{who} x {services}");
        let (a, b) = (name("kafka-model"), name("base-consumer"));
        println!("{}", runs.ratio_line("cpu", &a, &b));
    }
}
