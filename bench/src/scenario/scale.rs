//! Many consumers, many partitions.

use std::str::FromStr;

use clap::Args;
use futures_util::future::join_all;
use kafka_model_tests::Broker;

use crate::broker;
use crate::contender::many::TOPICS;
use crate::run::{Entry, interleaved};
use crate::table::Column;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many consumers (at most 50), by how many partitions in all.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1x1,1x100,1x1000,10x100,10x1000,50x100,50x1000"
    )]
    sizes: Vec<Size>,
    /// How many records of 100 bytes in all.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// How often each contender runs.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    services: u16,
    partitions: u16,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('x');
        let (services, partitions) = numbers.ok_or("such as 10x100")?;
        let number = |text: &str| text.parse::<u16>().map_err(|error| error.to_string());
        Ok(Self {
            services: number(services)?,
            partitions: number(partitions)?,
        })
    }
}

pub async fn run(options: &Options) {
    let server = Broker::with(&[]).await;
    println!(
        "scale: consumers x partitions in all, {} records of 100 bytes in all, {}",
        options.records,
        broker::describe(&server)
    );
    let columns = [
        Column::new("assigned", "s until assigned", 2),
        Column::new("all", "s until all handled", 2),
        Column::new("threads", "threads", 0),
        Column::new("memory", "peak MiB", 0),
        Column::new("cpu_us", "CPU µs/record, with the start", 1),
    ];
    let mut ratios = Vec::new();
    for Size {
        services,
        partitions,
    } in &options.sizes
    {
        let each = (partitions / services).max(1);
        let topics = &TOPICS[..usize::from(*services)];
        join_all(topics.iter().map(|topic| server.create_topic(topic, each))).await;
        let records = options.records / u64::from(*services);
        let plain = server.plain();
        for topic in topics {
            broker::load(&plain, topic, each, records, 100);
        }
        let name = |who: &str| format!("{who} {services}x{}", each * services);
        let entries = [("kafka-model", "model"), ("base-consumer", "base")]
            .map(|(title, who)| Entry::new(&name(title), &["run-scale", who]));
        let runs = interleaved(&entries, options.rounds, |_| {
            vec![
                format!("--bootstrap={}", server.address()),
                format!("--services={services}"),
                format!("--each={each}"),
                format!("--records={}", records * u64::from(*services)),
            ]
        })
        .await;
        print!("{}", runs.table(&columns));
        for figure in ["assigned", "threads", "memory", "cpu_us"] {
            let line = runs.ratio_line(figure, &name("kafka-model"), &name("base-consumer"));
            ratios.push(format!("{figure}: {line}"));
        }
    }
    println!("{}", ratios.join("\n"));
}
