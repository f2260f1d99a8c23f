//! A broker inside the process, for tests and examples.

mod fault;

pub use fault::{BrokerError, Request};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kafka_model_core::rules;
use rdkafka::ClientConfig;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::mocking::{MockCluster, MockCoordinator};
use rdkafka::producer::{DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};

use crate::elsewhere::Elsewhere;
use crate::{Kafka, KafkaBuilder, native};

/// A Kafka broker inside this process: librdkafka's mock cluster, which speaks the real protocol on
/// loopback and starts in a millisecond.
///
/// A test of a service starts one, publishes, waits until the records are handled, and looks at what
/// came of it:
///
/// ```
/// use std::time::Duration;
/// use kafka_model::embedded::EmbeddedKafka;
/// use kafka_model::{KafkaMessage, KafkaModel, Topic};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "alerts")]
/// struct Alert { text: String }
///
/// #[derive(KafkaModel)]
/// #[kafka(group_id = "monitoring")]
/// struct Monitoring { alerts: Topic<Alert> }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), kafka_model::Error> {
/// let broker = EmbeddedKafka::start()?;
/// broker.create_topic("alerts", 3)?;
///
/// let kafka = broker.kafka();
/// let monitoring = Monitoring::register_all(&kafka)?;
/// monitoring.alerts.handle(async |_: Alert| ())?;
/// let running = kafka.start().await?;
///
/// monitoring.alerts.publish(&Alert { text: "disk full".into() }).await?;
/// let status = monitoring.alerts.wait_until(Duration::from_secs(10), |alerts| alerts.handled == 1).await;
/// assert!(status.is_some());
/// assert!(running.shutdown().await.is_clean());
/// # Ok(())
/// # }
/// ```
///
/// [`EmbeddedKafka::kafka`] gives a runtime that is tuned for it: a consumer joins within a moment, and a
/// rebalance takes about a second.
///
/// # What it cannot do
///
/// It keeps the newest 5 MiB or 100,000 batches of each partition and silently forgets the older ones. It
/// has no transactions (calls return, and do nothing), no `read_committed`, no ACLs, no SASL and no TLS
/// (a runtime that is tuned for it ignores such settings), no admin requests (but [`Kafka::plan_topics`] creates topics
/// there, too), no retention, no compaction,
/// no broker timestamps, no lookup of offsets by time, and no static membership. A commit while a group
/// rebalances is refused, where Kafka accepts it from the members that give partitions up; so a rebalance
/// can deliver records twice that Kafka would deliver once. Its timing is not that of a real broker.
///
/// It is librdkafka's, and experimental there.
///
/// A [`Kafka`] that was made for it keeps it alive.
pub struct EmbeddedKafka {
    owner: Owner,
    bootstrap_servers: String,
}

/// What keeps a cluster alive.
#[derive(Clone)]
pub(crate) struct Owner(Arc<Elsewhere<ThreadedProducer<Quiet>>>);

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner").finish_non_exhaustive()
    }
}

impl Owner {
    /// Creates a topic, with four partitions if nothing is said.
    pub(crate) fn create_topic(
        &self,
        topic: &str,
        partitions: Option<i32>,
    ) -> Result<(), native::AdminError> {
        let Some(cluster) = self.0.client().mock_cluster() else {
            return Err(native::AdminError {
                code: None,
                reason: "the cluster is gone".to_owned(),
            });
        };
        let created = cluster.create_topic(topic, partitions.unwrap_or(4), 1);
        created.map_err(|error| native::AdminError {
            code: error.rdkafka_error_code(),
            reason: error.to_string(),
        })
    }
}

impl EmbeddedKafka {
    /// Starts a cluster of one broker, whose id is 1.
    ///
    /// # Errors
    /// [`EmbeddedError`], if librdkafka could not start it.
    pub fn start() -> Result<Self, EmbeddedError> {
        Self::start_cluster(1)
    }

    /// Starts a cluster of `brokers` brokers, whose ids are counted from 1.
    ///
    /// # Errors
    /// [`EmbeddedError`], if librdkafka could not start it.
    pub fn start_cluster(brokers: u16) -> Result<Self, EmbeddedError> {
        let mut config = ClientConfig::new();
        config.set("test.mock.num.brokers", brokers.max(1).to_string());
        config.set_log_level(RDKafkaLogLevel::Error);
        let producer: ThreadedProducer<Quiet> = config
            .create_with_context(Quiet)
            .map_err(|error| EmbeddedError::of("start", &error))?;
        native::join_mock_groups_at_once(producer.client());
        let bootstrap_servers = match producer.client().mock_cluster() {
            Some(cluster) => cluster.bootstrap_servers(),
            None => {
                return Err(EmbeddedError {
                    what: "start".to_owned(),
                    reason: "no cluster".to_owned(),
                });
            }
        };
        Ok(Self {
            owner: Owner(Arc::new(Elsewhere::new(producer))),
            bootstrap_servers,
        })
    }

    /// The brokers' addresses, for any client of this machine.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// A runtime for this broker, tuned for it.
    #[must_use]
    pub fn kafka(&self) -> Kafka {
        Kafka::builder().embedded(self).build()
    }

    /// Creates a topic. One that is not created comes into being, with four partitions, when it is first
    /// published to; consumers find it within a second.
    ///
    /// # Errors
    /// [`EmbeddedError`], if the topic exists, Kafka would refuse its name, or it would have no
    /// partition.
    pub fn create_topic(&self, topic: &str, partitions: u16) -> Result<(), EmbeddedError> {
        if let Some(violation) = rules::topic_name(topic) {
            return Err(EmbeddedError {
                what: "create the topic".to_owned(),
                reason: violation.text.to_string(),
            });
        }
        if partitions == 0 {
            return Err(EmbeddedError {
                what: format!("create the topic `{topic}`"),
                reason: "a topic has at least one partition".to_owned(),
            });
        }
        self.with("create the topic", |cluster| {
            cluster.create_topic(topic, i32::from(partitions), 1)
        })
    }

    /// Takes a broker down: connections are cut, and new ones refused.
    ///
    /// # Errors
    /// [`EmbeddedError`], if there is no such broker.
    pub fn broker_down(&self, broker: u16) -> Result<(), EmbeddedError> {
        self.with("take the broker down", |cluster| {
            cluster.broker_down(i32::from(broker))
        })
    }

    /// Brings a broker back, with what it held.
    ///
    /// # Errors
    /// [`EmbeddedError`], if there is no such broker.
    pub fn broker_up(&self, broker: u16) -> Result<(), EmbeddedError> {
        self.with("bring the broker up", |cluster| {
            cluster.broker_up(i32::from(broker))
        })
    }

    /// Delays every answer of a broker by `time`.
    ///
    /// # Errors
    /// [`EmbeddedError`], if there is no such broker.
    pub fn round_trip_time(&self, broker: u16, time: Duration) -> Result<(), EmbeddedError> {
        self.with("delay the broker", |cluster| {
            cluster.broker_round_trip_time(i32::from(broker), time)
        })
    }

    /// Has the next requests of one kind answered with these errors, one each, in order.
    ///
    /// # Errors
    /// [`EmbeddedError`], if the cluster is gone.
    pub fn fail_requests(
        &self,
        request: Request,
        errors: &[BrokerError],
    ) -> Result<(), EmbeddedError> {
        let errors: Vec<_> = errors.iter().map(|error| error.native()).collect();
        if native::fail_mock_requests(self.owner.0.client(), request.api_key(), &errors) {
            Ok(())
        } else {
            Err(EmbeddedError {
                what: "fail requests".to_owned(),
                reason: "the cluster is gone".to_owned(),
            })
        }
    }

    /// Makes a broker the leader of a partition.
    ///
    /// # Errors
    /// [`EmbeddedError`], if there is no such topic, partition or broker.
    pub fn move_leader(
        &self,
        topic: &str,
        partition: u16,
        broker: u16,
    ) -> Result<(), EmbeddedError> {
        self.with("move the leader", |cluster| {
            cluster.partition_leader(topic, i32::from(partition), Some(i32::from(broker)))
        })
    }

    /// Makes a broker the coordinator of a group.
    ///
    /// # Errors
    /// [`EmbeddedError`], if there is no such broker.
    pub fn move_coordinator(&self, group: &str, broker: u16) -> Result<(), EmbeddedError> {
        let group = MockCoordinator::Group(group.to_owned());
        self.with("move the coordinator", |cluster| {
            cluster.coordinator(group, i32::from(broker))
        })
    }

    fn with(
        &self,
        what: &str,
        ask: impl FnOnce(&MockCluster<'_, Quiet>) -> Result<(), KafkaError>,
    ) -> Result<(), EmbeddedError> {
        match self.owner.0.client().mock_cluster() {
            Some(cluster) => ask(&cluster).map_err(|error| EmbeddedError::of(what, &error)),
            None => Err(EmbeddedError {
                what: what.to_owned(),
                reason: "the cluster is gone".to_owned(),
            }),
        }
    }
}

impl fmt::Debug for EmbeddedKafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedKafka")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .finish_non_exhaustive()
    }
}

impl KafkaBuilder {
    /// Connects to an embedded broker, and tunes consumers for it: a session timeout of two seconds, which
    /// real brokers refuse, and short waits. Settings of TLS and SASL are ignored.
    #[must_use]
    pub fn embedded(mut self, broker: &EmbeddedKafka) -> Self {
        self.connection.bootstrap_servers = Some(broker.bootstrap_servers.clone());
        self.connection.embedded = Some(broker.owner.clone());
        self
    }
}

/// The embedded broker refused something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedded broker could not {what}: {reason}")]
pub struct EmbeddedError {
    what: String,
    reason: String,
}

impl EmbeddedError {
    fn of(what: &str, error: &KafkaError) -> Self {
        Self {
            what: what.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// The client that owns the cluster sends nothing, and has nothing to say.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", client = "embedded", facility, "{message}");
    }

    fn error(&self, _: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", client = "embedded", "{reason}");
    }
}

impl ProducerContext for Quiet {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}
