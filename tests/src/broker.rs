//! The broker that a test runs on.

use std::env;
use std::process::Command;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{Kafka, KafkaBuilder};

use crate::plain::Plain;
use crate::show_logs;

/// An embedded broker of the test's own, or the real one that all share.
#[derive(Debug)]
pub enum Broker {
    /// A broker in this process.
    Embedded(EmbeddedKafka),
    /// The real one at this address.
    Real(String),
}

impl Broker {
    /// A broker with these topics, each with so many partitions, and empty.
    ///
    /// # Panics
    /// If the topics cannot be made.
    pub async fn with(topics: &[(&str, u16)]) -> Self {
        show_logs();
        let broker = match env::var("KAFKA_MODEL_TEST_BOOTSTRAP") {
            Ok(address) => Self::Real(address),
            Err(_) => Self::Embedded(EmbeddedKafka::start().expect("an embedded broker")),
        };
        for (topic, partitions) in topics {
            broker.create_topic(topic, *partitions).await;
        }
        broker
    }

    /// Makes a topic, empty; on a real broker one that is left from an earlier run is removed first.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn create_topic(&self, topic: &str, partitions: u16) {
        match self {
            Self::Embedded(broker) => broker.create_topic(topic, partitions).expect("a new topic"),
            Self::Real(_) => self.plain().recreate_topic(topic, partitions).await,
        }
    }

    /// A runtime for it.
    #[must_use]
    pub fn kafka(&self) -> Kafka {
        self.builder().build()
    }

    /// A runtime for it, to which more can be said.
    #[must_use]
    pub fn builder(&self) -> KafkaBuilder {
        match self {
            Self::Embedded(broker) => Kafka::builder().embedded(broker),
            Self::Real(address) => Kafka::builder().bootstrap_servers(address),
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Embedded(broker) => broker.bootstrap_servers(),
            Self::Real(address) => address,
        }
    }

    /// Whether it is a real one.
    #[must_use]
    pub fn is_real(&self) -> bool {
        matches!(self, Self::Real(_))
    }

    /// A client that has nothing of ours in it.
    #[must_use]
    pub fn plain(&self) -> Plain {
        Plain::new(self.address())
    }

    /// Takes the broker down; on a real cluster, its node 1.
    ///
    /// # Panics
    /// If it cannot be.
    pub fn stop(&self) {
        match self {
            Self::Embedded(broker) => broker.broker_down(1).expect("broker 1"),
            Self::Real(_) => control(&["stop-broker", "1"]),
        }
    }

    /// Freezes a real broker: its connections stay, and nothing answers.
    ///
    /// # Panics
    /// If it is not a real one.
    pub fn freeze(&self) {
        assert!(self.is_real(), "only a real broker can be frozen");
        control(&["pause-broker", "1"]);
    }

    /// Lets a frozen broker go on.
    ///
    /// # Panics
    /// If it cannot.
    pub fn thaw(&self) {
        control(&["continue-broker", "1"]);
    }

    /// Brings it back.
    ///
    /// # Panics
    /// If it cannot be.
    pub fn start_again(&self) {
        match self {
            Self::Embedded(broker) => broker.broker_up(1).expect("broker 1"),
            Self::Real(_) => control(&["start-broker", "1"]),
        }
    }
}

/// Has the cluster's control script do something.
///
/// # Panics
/// If there is none, or it fails.
fn control(args: &[&str]) {
    let script = env::var("KAFKA_MODEL_TEST_CONTROL")
        .expect("KAFKA_MODEL_TEST_CONTROL: run this beside tests/kafka/with-kafka.sh");
    let status = Command::new(script)
        .args(args)
        .status()
        .expect("the control script");
    assert!(status.success(), "control {args:?}: {status}");
}
