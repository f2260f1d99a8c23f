//! The configuration that all contenders of a scenario share.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
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
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        format!("bench-{}", now.map_or(0, |since| since.as_nanos()))
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

    /// For kafka-model: the same settings.
    pub fn kafka(&self) -> KafkaBuilder {
        let mut builder = Kafka::builder().bootstrap_servers(&self.bootstrap);
        for (name, value) in self.settings() {
            builder = match value.parse::<i64>() {
                Ok(number) => builder.set(name, number),
                Err(_) => builder.set(name, value),
            };
        }
        builder
    }
}
