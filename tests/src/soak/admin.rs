//! What an administrator does to topics.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Builder;

use super::cluster::Cluster;
use super::stream::{Partition, Stream};

/// How long the cluster may take for one thing.
const PATIENCE: Duration = Duration::from_secs(30);

impl Cluster {
    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("an admin client")
    }

    /// Gives a topic more partitions.
    ///
    /// # Errors
    /// If the cluster refuses.
    pub fn add_partitions(&self, stream: Stream, total: i32) -> Result<(), String> {
        let total = usize::try_from(total).map_err(|error| error.to_string())?;
        let done = wait(
            self.admin()
                .create_partitions(&[NewPartitions::new(stream.topic(), total)], &options()),
        )?;
        first(
            done.into_iter()
                .map(|done| done.map_err(|(_, code)| code.to_string())),
        )
    }

    /// Deletes the records of a partition that are below `below`.
    ///
    /// # Errors
    /// If the cluster refuses.
    pub fn delete_records(&self, partition: Partition, below: i64) -> Result<(), String> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(
            partition.stream.topic(),
            partition.number,
            Offset::Offset(below),
        )
        .map_err(|error| error.to_string())?;
        let done = wait(self.admin().delete_records(&list, &options()))?;
        for element in done.elements() {
            element.error().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Sets the configuration of a topic: what is not named goes back to its default.
    ///
    /// # Errors
    /// If the cluster refuses.
    pub fn configure(&self, topic: &str, settings: &[(&str, &str)]) -> Result<(), String> {
        let config = settings.iter().fold(
            AlterConfig::new(ResourceSpecifier::Topic(topic)),
            |config, (key, value)| config.set(key, value),
        );
        let done = wait(self.admin().alter_configs(&[config], &options()))?;
        first(done.into_iter().map(|done| {
            done.map(|_| String::new())
                .map_err(|(_, code)| code.to_string())
        }))
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .operation_timeout(Some(PATIENCE))
        .request_timeout(Some(PATIENCE))
}

fn wait<T>(
    answer: impl Future<Output = Result<T, rdkafka::error::KafkaError>>,
) -> Result<T, String> {
    Builder::new_current_thread()
        .build()
        .expect("a tokio runtime")
        .block_on(answer)
        .map_err(|error| error.to_string())
}

fn first(results: impl IntoIterator<Item = Result<String, String>>) -> Result<(), String> {
    results.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
}
