//! The configuration that all contenders of a scenario share.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use kafka_model::private::queue_limits;
use kafka_model::{Kafka, KafkaBuilder};
use rdkafka::ClientConfig;

/// Where the records are.
#[derive(Args, Clone, Debug)]
pub struct Client {
    /// The brokers.
    #[arg(long)]
    pub bootstrap: String,
    /// Further settings of the consumer, `name=value`, with `_` for `.`.
    #[arg(long = "set")]
    pub set: Vec<String>,
}

impl Client {
    /// A group that was never there before.
    pub fn group() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("bench-{}-{number}", now.map_or(0, |since| since.as_nanos()))
    }

    fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.set
            .iter()
            .filter_map(|setting| setting.split_once('='))
    }

    /// For a consumer that is written by hand: as one would write it, with the settings of the scenario.
    pub fn consumer(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", Self::group())
            .set("auto.offset.reset", "earliest");
        for (name, value) in self.settings() {
            config.set(name.replace('_', "."), value);
        }
        config
    }

    /// For a consumer that is written by hand with what kafka-model gives its own: the defaults of its README, and the
    /// limits that follow from its `memory_budget` of 64 MiB for so many partitions. Its partitions have one queue
    /// together, where kafka-model's have one each, so its limits are those of all.
    pub fn alike(&self, partitions: u16) -> ClientConfig {
        let partitions = usize::from(partitions.max(1));
        let (kbytes, records, fetch) = queue_limits(64 << 20, partitions);
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", Self::group())
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("check.crcs", "true")
            .set("topic.metadata.refresh.interval.ms", "10000")
            .set("fetch.wait.max.ms", "100")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.message.max.bytes", fetch.to_string())
            .set(
                "queued.max.messages.kbytes",
                (kbytes * partitions).to_string(),
            )
            .set(
                "queued.min.messages",
                (records * partitions).min(100_000).to_string(),
            )
            .set("enable.auto.offset.store", "false")
            .set("auto.commit.interval.ms", "1000");
        for (name, value) in self.settings() {
            config.set(name.replace('_', "."), value);
        }
        config
    }

    /// For a producer, with the settings of the scenario.
    pub fn producer(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("enable.idempotence", "true");
        for (name, value) in self.settings() {
            config.set(name.replace('_', "."), value);
        }
        config
    }

    /// For kafka-model: the same settings.
    pub fn kafka(&self) -> KafkaBuilder {
        let mut builder = Kafka::builder()
            .bootstrap_servers(&self.bootstrap)
            .connect_timeout(Duration::from_secs(60));
        for (name, value) in self.settings() {
            builder = match value.parse::<i64>() {
                Ok(number) => builder.set(name, number),
                Err(_) => builder.set(name, value),
            };
        }
        builder
    }
}
