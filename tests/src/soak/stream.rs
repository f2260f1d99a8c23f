//! What flows: each stream is a topic, a message type and a place in the services' model.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A topic of the services' model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// On the shared consumer, in the order of its partitions.
    Orders,
    /// On the shared consumer, in the order of its keys.
    Accounts,
    /// On a consumer of its own (cooperative-sticky), in no order.
    Jobs,
    /// The first retry topic of the jobs.
    #[serde(rename = "jobs-soon")]
    JobsSoon,
    /// The second one.
    #[serde(rename = "jobs-later")]
    JobsLater,
    /// On a consumer of its own (the consumer protocol, KIP-848), in the order of its partitions.
    Audit,
}

/// What is handled one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The records of a partition.
    Partition,
    /// Those of a partition with the same key.
    Key,
    /// Nothing.
    None,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Orders,
        Self::Accounts,
        Self::Jobs,
        Self::JobsSoon,
        Self::JobsLater,
        Self::Audit,
    ];
    /// Those that are sent to from outside.
    pub const SOURCES: [Self; 4] = [Self::Orders, Self::Accounts, Self::Jobs, Self::Audit];

    /// Its topic.
    #[must_use]
    pub fn topic(self) -> &'static str {
        match self {
            Self::Orders => "soak-orders",
            Self::Accounts => "soak-accounts",
            Self::Jobs => "soak-jobs",
            // As the runtime names the retry topics of this topic and group.
            Self::JobsSoon => "soak-jobs-soak-jobs-retry-2s",
            Self::JobsLater => "soak-jobs-soak-jobs-retry-5s",
            Self::Audit => "soak-audit",
        }
    }

    /// Where its records go that fail for good.
    #[must_use]
    pub fn dead_letters(self) -> Option<&'static str> {
        match self {
            Self::Orders => Some("soak-orders-dead"),
            Self::Accounts => Some("soak-accounts-dead"),
            Self::Jobs => Some("soak-jobs-dead"),
            Self::JobsSoon | Self::JobsLater | Self::Audit => None,
        }
    }

    /// The retry topics to which its records may go.
    #[must_use]
    pub fn retries(self) -> &'static [Self] {
        match self {
            Self::Jobs => &[Self::JobsSoon, Self::JobsLater],
            Self::JobsSoon => &[Self::JobsLater],
            _ => &[],
        }
    }

    /// The stream of a topic.
    #[must_use]
    pub fn of_topic(topic: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.topic() == topic)
    }

    /// The group that consumes it.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Orders | Self::Accounts => "soak-shared",
            Self::Jobs | Self::JobsSoon | Self::JobsLater => "soak-jobs",
            Self::Audit => "soak-audit",
        }
    }

    /// What of it is handled one after the other.
    #[must_use]
    pub fn order(self) -> Order {
        match self {
            Self::Orders | Self::Audit => Order::Partition,
            Self::Accounts => Order::Key,
            Self::Jobs | Self::JobsSoon | Self::JobsLater => Order::None,
        }
    }

    /// How many partitions it has at first.
    #[must_use]
    pub fn partitions(self) -> i32 {
        match self {
            Self::Orders => 6,
            Self::Accounts | Self::Jobs | Self::Audit => 4,
            Self::JobsSoon | Self::JobsLater => 2,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.topic())
    }
}

/// A partition of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// Of which stream.
    pub stream: Stream,
    /// Its number.
    pub number: i32,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.stream, self.number)
    }
}
