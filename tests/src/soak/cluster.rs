//! The real Kafka that the soak runs on, as its own clients and scripts see it: never through a proxy.

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::stream::{Partition, Stream};

/// How long an answer of the cluster is waited for.
const ANSWER: Duration = Duration::from_secs(5);

/// A running cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    bootstrap: String,
    control: String,
    /// Its proxies, as its script says them.
    pub proxies: String,
}

impl Cluster {
    /// The cluster that `tests/kafka/with-kafka.sh --nodes 3 --proxied` has started.
    ///
    /// # Errors
    /// If there is none.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name: &str| {
            env::var(name).map_err(|_| {
                format!("{name} is not set: run this beside `tests/kafka/with-kafka.sh --nodes 3 --proxied`")
            })
        };
        Ok(Self {
            bootstrap: variable("KAFKA_MODEL_TEST_BOOTSTRAP")?,
            control: variable("KAFKA_MODEL_TEST_CONTROL")?,
            proxies: variable("KAFKA_MODEL_TEST_PROXIES")?,
        })
    }

    /// The configuration of a client of its own.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", "soak")
            .set("reconnect.backoff.max.ms", "500")
            .set("log_level", "2");
        config
    }

    /// A consumer that joins no group.
    ///
    /// # Panics
    /// If there can be none.
    #[must_use]
    pub fn consumer(&self) -> BaseConsumer {
        self.client()
            .set("group.id", "soak-observer")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .create()
            .expect("a consumer")
    }

    /// Has the control script do something, and returns what it printed.
    ///
    /// # Errors
    /// What it complained of.
    pub fn control(&self, args: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.control)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.control))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            Err(format!("control {args:?}: {}: {complaint}", output.status))
        }
    }

    /// Makes the topics of all streams.
    ///
    /// # Errors
    /// If one cannot be made.
    pub fn create_topics(&self) -> Result<(), String> {
        for stream in Stream::ALL {
            let partitions = stream.partitions().to_string();
            // What the services send there is stamped by the broker, when it has it.
            let stamped = "message.timestamp.type=LogAppendTime";
            if Stream::SOURCES.contains(&stream) {
                self.control(&["create-topic", stream.topic(), &partitions])?;
            } else {
                self.control(&["create-topic", stream.topic(), &partitions, stamped])?;
            }
            if let Some(topic) = stream.dead_letters() {
                self.control(&["create-topic", topic, "1", stamped])?;
            }
        }
        Ok(())
    }

    /// The leader of each partition of a topic, by the cluster's metadata.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn leaders(&self, topic: &str) -> Result<BTreeMap<i32, i32>, String> {
        let metadata = self
            .consumer()
            .fetch_metadata(Some(topic), ANSWER)
            .map_err(|error| format!("metadata of {topic}: {error}"))?;
        let topic = metadata.topics().first().ok_or("no such topic")?;
        Ok(topic
            .partitions()
            .iter()
            .map(|partition| (partition.id(), partition.leader()))
            .collect())
    }

    /// How many partitions each stream has now.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn partitions(&self) -> Result<Vec<Partition>, String> {
        let mut all = Vec::new();
        for stream in Stream::ALL {
            let numbers = self.leaders(stream.topic())?.into_keys();
            all.extend(numbers.map(|number| Partition { stream, number }));
        }
        Ok(all)
    }

    /// First offset of a partition, and the one behind its last record.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn ends(&self, topic: &str, partition: i32) -> Result<(i64, i64), String> {
        self.consumer()
            .fetch_watermarks(topic, partition, ANSWER)
            .map_err(|error| format!("the ends of {topic}[{partition}]: {error}"))
    }

    /// The node that coordinates a group: the one that leads the partition of `__consumer_offsets` which Java's
    /// hash of the group's name gives.
    ///
    /// # Errors
    /// If there is no answer, or no leader.
    pub fn coordinator(&self, group: &str) -> Result<i32, String> {
        let leaders = self.leaders("__consumer_offsets")?;
        let count = i32::try_from(leaders.len()).map_err(|error| error.to_string())?;
        if count == 0 {
            return Err("there is no __consumer_offsets".to_owned());
        }
        let leader = leaders[&offsets_partition(group, count)];
        (leader > 0).then_some(leader).ok_or("no leader".to_owned())
    }

    /// Waits until each partition of the services' topics and of `__consumer_offsets` has a leader and all its
    /// replicas are in place.
    ///
    /// # Errors
    /// What is missing after `patience`.
    pub fn wait_until_whole(&self, patience: Duration) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        loop {
            let missing = self.missing_replicas();
            match missing {
                Ok(0) => return Ok(()),
                _ if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(200)),
                Ok(missing) => return Err(format!("{missing} replicas are not in place")),
                Err(error) => return Err(error),
            }
        }
    }

    fn missing_replicas(&self) -> Result<usize, String> {
        let metadata = self
            .consumer()
            .fetch_metadata(None, ANSWER)
            .map_err(|error| format!("metadata: {error}"))?;
        Ok(metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions())
            .map(|partition| partition.replicas().len() - partition.isr().len())
            .sum())
    }
}

/// Which partition of `__consumer_offsets` a group's offsets are in.
pub(super) fn offsets_partition(group: &str, count: i32) -> i32 {
    let hash = group.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    // As Kafka's Utils.abs.
    (hash & i32::MAX) % count
}

#[cfg(test)]
mod tests {
    use super::offsets_partition;

    #[test]
    fn the_hash_is_javas() {
        assert_eq!(offsets_partition("soak", i32::MAX), 3_535_750);
        assert_eq!(offsets_partition("", 50), 0);
    }
}
