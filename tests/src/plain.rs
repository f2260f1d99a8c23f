//! A client without anything of ours: what it sees is what is in Kafka.

use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::SOON;

/// A client of one broker.
#[derive(Debug)]
pub struct Plain {
    address: String,
}

/// A record to be produced as it is.
#[derive(Clone, Debug, Default)]
pub struct RawRecord {
    /// Which partition; by the key if there is none.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The payload.
    pub payload: Option<Vec<u8>>,
    /// The headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl RawRecord {
    /// A record of `partition` with this payload.
    #[must_use]
    pub fn of(partition: i32, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            partition: Some(partition),
            payload: Some(payload.into()),
            ..Self::default()
        }
    }

    /// The same with a key.
    #[must_use]
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl RawRecord {
    fn copy(message: &BorrowedMessage<'_>) -> Self {
        let headers = message
            .headers()
            .into_iter()
            .flat_map(|headers| headers.iter());
        Self {
            partition: Some(message.partition()),
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                .collect(),
        }
    }

    /// The text of its last header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().rev().find(|(key, _)| key == name)?;
        value
            .as_deref()
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

impl Plain {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
        }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        config
    }

    pub(crate) async fn recreate_topic(&self, topic: &str, partitions: u16) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
        let _ = admin.delete_topics(&[topic], &options).await;
        let new = NewTopic::new(topic, i32::from(partitions), TopicReplication::Fixed(1));
        let deadline = Instant::now() + SOON;
        loop {
            let made = admin
                .create_topics([&new], &options)
                .await
                .expect("an answer");
            match &made[0] {
                Ok(_) => break,
                // It takes a moment until a deleted topic is gone.
                Err((_, error)) => assert!(Instant::now() < deadline, "{topic}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        while self.partitions(topic) != usize::from(partitions) {
            assert!(Instant::now() < deadline, "{topic} did not come");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gives a topic of a real broker one setting of its own. It is in force when this returns.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub async fn alter_topic(&self, topic: &str, name: &str, value: &str) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let options = AdminOptions::new();
        let topic = ResourceSpecifier::Topic(topic);
        let change = AlterConfig::new(topic).set(name, value);
        let altered = admin.alter_configs([&change], &options).await;
        assert!(matches!(altered.as_deref(), Ok([Ok(_)])), "{altered:?}");
        let deadline = Instant::now() + SOON;
        loop {
            let described = admin.describe_configs([&topic], &options).await;
            let found = described.expect("an answer").remove(0).expect("the topic");
            if found.get(name).and_then(|entry| entry.value.as_deref()) == Some(value) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} = {value} did not come");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Forgets what a group has committed, on a real broker.
    pub async fn forget_group(&self, group: &str) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let _ = admin.delete_groups(&[group], &AdminOptions::new()).await;
    }

    /// Gives a topic of a real broker more partitions.
    ///
    /// # Panics
    /// If it cannot.
    pub async fn add_partitions(&self, topic: &str, to: usize) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let done = admin
            .create_partitions([&NewPartitions::new(topic, to)], &AdminOptions::new())
            .await
            .expect("an answer");
        assert!(done[0].is_ok(), "{done:?}");
        let deadline = Instant::now() + SOON;
        while self.partitions(topic) != to {
            assert!(Instant::now() < deadline, "{topic} did not grow");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Deletes a topic of a real broker.
    ///
    /// # Panics
    /// If it cannot.
    pub async fn delete_topic(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let done = admin
            .delete_topics(&[topic], &AdminOptions::new())
            .await
            .expect("an answer");
        assert!(done[0].is_ok(), "{done:?}");
    }

    /// Makes sure that a real broker has no such topic.
    ///
    /// # Panics
    /// If it still has after a while.
    pub async fn forget_topic(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let deadline = Instant::now() + SOON;
        while self.partitions(topic) > 0 {
            assert!(Instant::now() < deadline, "{topic} is still there");
            let _ = admin.delete_topics(&[topic], &AdminOptions::new()).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many partitions a topic has; 0 if there is none.
    #[must_use]
    pub fn partitions_of(&self, topic: &str) -> usize {
        self.partitions(topic)
    }

    /// A config of a topic of a real broker, as it is in force.
    ///
    /// # Panics
    /// If the broker does not say.
    pub async fn config_of(&self, topic: &str, name: &str) -> Option<String> {
        let configs = self.configs_of(topic).await;
        configs
            .into_iter()
            .find_map(|(of, value)| (of == name).then_some(value).flatten())
    }

    /// The configs of a topic of a real broker, with their values.
    ///
    /// # Panics
    /// If the broker does not say.
    pub async fn configs_of(&self, topic: &str) -> Vec<(String, Option<String>)> {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let topic = ResourceSpecifier::Topic(topic);
        let described = admin.describe_configs([&topic], &AdminOptions::new()).await;
        let described = described.expect("an answer").remove(0).expect("the topic");
        let entries = described.entries.into_iter();
        entries.map(|entry| (entry.name, entry.value)).collect()
    }

    /// Whether a real broker would create a topic with this config.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn would_create(&self, topic: &str, name: &str, value: &str) -> bool {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let options = AdminOptions::new().validate_only(true);
        let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1)).set(name, value);
        let answer = admin.create_topics([&new], &options).await;
        answer.expect("an answer")[0].is_ok()
    }

    /// Deletes the records of a partition below `offset`, on a real broker.
    ///
    /// # Panics
    /// If it cannot.
    pub async fn delete_records(&self, topic: &str, partition: i32, offset: i64) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("an admin client");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset))
            .expect("an offset");
        let done = admin
            .delete_records(&list, &AdminOptions::new())
            .await
            .expect("an answer");
        for element in done.elements() {
            element.error().expect("deleted records");
        }
    }

    fn partitions(&self, topic: &str) -> usize {
        let consumer: BaseConsumer = self.config().create().expect("a client");
        consumer
            .fetch_metadata(Some(topic), Duration::from_secs(5))
            .ok()
            .and_then(|metadata| {
                metadata
                    .topics()
                    .first()
                    .map(|topic| topic.partitions().len())
            })
            .unwrap_or(0)
    }

    /// Produces records and waits until all are acknowledged. Returns how many bytes of keys and
    /// payloads they have.
    ///
    /// # Panics
    /// If one is not.
    pub fn produce(&self, topic: &str, records: impl IntoIterator<Item = RawRecord>) -> usize {
        self.produce_with(topic, &[], records)
    }

    /// The same with properties of the producer.
    ///
    /// # Panics
    /// If a record is not acknowledged.
    pub fn produce_with(
        &self,
        topic: &str,
        properties: &[(&str, &str)],
        records: impl IntoIterator<Item = RawRecord>,
    ) -> usize {
        let mut config = self.config();
        config.set("linger.ms", "20");
        for (property, value) in properties {
            config.set(*property, *value);
        }
        let producer: BaseProducer = config.create().expect("a producer");
        let mut bytes = 0;
        for record in records {
            let mut native: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
            native.partition = record.partition;
            native.key = record.key.as_deref();
            native.payload = record.payload.as_deref();
            if !record.headers.is_empty() {
                native.headers = Some(record.headers.iter().fold(
                    OwnedHeaders::new(),
                    |headers, (key, value)| {
                        headers.insert(Header {
                            key,
                            value: value.as_deref(),
                        })
                    },
                ));
            }
            bytes += native.key.map_or(0, <[u8]>::len) + native.payload.map_or(0, <[u8]>::len);
            while let Err((error, back)) = producer.send(native) {
                assert_eq!(
                    error.rdkafka_error_code(),
                    Some(rdkafka::types::RDKafkaErrorCode::QueueFull),
                    "{error}"
                );
                native = back;
                producer.poll(Duration::from_millis(10));
            }
        }
        producer.flush(SOON).expect("every record acknowledged");
        bytes
    }

    /// The first `count` records of a topic, partition by partition.
    ///
    /// # Panics
    /// If there are not so many soon.
    #[must_use]
    pub fn read(&self, topic: &str, count: usize) -> Vec<RawRecord> {
        let consumer: BaseConsumer = self
            .config()
            .set("group.id", "plain-reader")
            .create()
            .expect("a consumer that joins nothing");
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions(topic) {
            let partition = i32::try_from(partition).expect("a partition");
            list.add_partition_offset(topic, partition, Offset::Beginning)
                .expect("an offset");
        }
        consumer.assign(&list).expect("an assignment");
        let deadline = Instant::now() + SOON;
        let mut records = Vec::new();
        while records.len() < count {
            assert!(
                Instant::now() < deadline,
                "{topic} has {} records, not {count}",
                records.len()
            );
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                records.push(RawRecord::copy(&message));
            }
        }
        records.sort_by_key(|record: &RawRecord| record.partition);
        records
    }

    /// Commits an offset for a group that has no members.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub fn commit(&self, group: &str, topic: &str, partition: i32, next: i64) {
        let consumer: BaseConsumer = self
            .config()
            .set("group.id", group)
            .create()
            .expect("a consumer that joins nothing");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(next))
            .expect("an offset");
        consumer
            .commit(&list, CommitMode::Sync)
            .expect("a commit that the broker takes");
    }

    /// What a group has committed for the partitions `0..partitions`: `None` where it has nothing.
    ///
    /// # Panics
    /// If the broker does not answer.
    #[must_use]
    pub fn committed(&self, group: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
        let consumer: BaseConsumer = self
            .config()
            .set("group.id", group)
            .create()
            .expect("a consumer that joins nothing");
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let deadline = Instant::now() + SOON;
        let committed = loop {
            match consumer.committed_offsets(list.clone(), SOON) {
                Ok(committed) => break committed,
                // A broker that has just come back has no coordinators at first.
                Err(error) => assert!(Instant::now() < deadline, "the committed offsets: {error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        (0..partitions)
            .map(
                |partition| match committed.find_partition(topic, partition)?.offset() {
                    Offset::Offset(next) => Some(next),
                    _ => None,
                },
            )
            .collect()
    }

    /// All that a group has committed of a topic, added up.
    #[must_use]
    pub fn committed_sum(&self, group: &str, topic: &str, partitions: i32) -> i64 {
        self.committed(group, topic, partitions)
            .into_iter()
            .flatten()
            .sum()
    }
}
