//! Snapshots of what services and topics are doing.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use kafka_model_core::FieldDeclaration;

use super::kafka::Inner;
use super::probes::Course;
use super::service_state::{ServicePhase, ServiceState};
use super::topic_state::TopicState;
use crate::error::ServiceError;
use crate::failure::Refusal;
use crate::handler::FailureReason;
use crate::lane::{Hung, Partition};

/// What all poll services are doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KafkaStatus {
    /// Each service, in the order of registration.
    pub services: Vec<ServiceStatus>,
    pub(super) course: Course,
}

impl KafkaStatus {
    pub(crate) fn of(runtime: &Inner) -> Self {
        // The services first: one that a shutdown ended meanwhile did not end by itself.
        let services = runtime.registered().services.clone();
        let services = services
            .iter()
            .map(|service| ServiceStatus::of(service))
            .collect();
        Self {
            services,
            course: runtime.course(),
        }
    }

    /// The topics of all services, each with its retry topics behind it.
    pub fn topics(&self) -> impl Iterator<Item = &TopicStatus> {
        self.services.iter().flat_map(ServiceStatus::all_topics)
    }
}

/// What one poll service is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceStatus {
    /// `Model.shared`, or `Model.field` of a dedicated one.
    pub service: String,
    /// Its consumer group.
    pub group: String,
    /// The name of its thread.
    pub thread: String,
    /// What it is doing.
    pub phase: ServicePhase,
    /// Whether it is a member of its group, with partitions or without.
    pub joined: bool,
    /// How many commits were acknowledged.
    pub commits: u64,
    /// How many commits failed; each was tried again.
    pub commit_failures: u64,
    /// How often partitions were assigned or revoked.
    pub rebalances: u64,
    /// Bytes of records that the client fetched, by librdkafka's statistics: 0 unless
    /// `statistics_interval_ms` is set.
    pub fetched_bytes: u64,
    /// Bytes of keys, payloads and headers that were read from the client.
    pub delivered_bytes: u64,
    /// The last thing that went wrong, whether or not it was overcome.
    pub last_error: Option<ServiceError>,
    /// What is wrong with its connection now, while it runs: its brokers have not answered for fifteen seconds, nor another
    /// client after that; or it gets no new token. It goes on by itself when that is over.
    pub trouble: Option<ServiceError>,
    /// The topics it serves.
    pub topics: Vec<TopicStatus>,
}

impl ServiceStatus {
    pub(crate) fn of(service: &ServiceState) -> Self {
        Self {
            service: service.name.clone(),
            group: service.group.clone(),
            thread: service.thread.clone(),
            phase: service.phase.borrow().clone(),
            joined: service.joined.load(Ordering::Relaxed),
            commits: service.commits.load(Ordering::Relaxed),
            commit_failures: service.commit_failures.load(Ordering::Relaxed),
            rebalances: service.rebalances.load(Ordering::Relaxed),
            fetched_bytes: service.fetched_bytes.load(Ordering::Relaxed),
            delivered_bytes: service.delivered_bytes.load(Ordering::Relaxed),
            last_error: service.last_error(),
            trouble: service.trouble(),
            topics: service
                .topics
                .iter()
                .filter(|topic| topic.failures.level.is_none())
                .map(|topic| TopicStatus::with_retry_topics(service, topic))
                .collect(),
        }
    }

    /// The topics that it serves, each with its retry topics behind it.
    pub(crate) fn all_topics(&self) -> impl Iterator<Item = &TopicStatus> {
        self.topics
            .iter()
            .flat_map(|topic| std::iter::once(topic).chain(&topic.retry_topics))
    }
}

/// What one topic is doing. All counts are since the start.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TopicStatus {
    /// The model's field.
    pub field: String,
    /// The message type.
    pub message_type: String,
    /// The topic.
    pub topic: String,
    /// Whether it is being consumed, or was stopped.
    pub started: bool,
    /// Whether the broker does not know the topic. It is consumed as soon as it exists.
    pub missing: bool,
    /// Whether the broker does not let this client read the topic: its principal needs READ and DESCRIBE on it. It is
    /// consumed as soon as it may be.
    pub denied: bool,
    /// The partitions that are assigned to this process.
    pub partitions: Vec<PartitionStatus>,
    /// Records that are waiting for a handler or being handled.
    pub buffered: usize,
    /// Records whose handler succeeded.
    pub handled: u64,
    /// Records that failed: not decoded, or the handler returned an error or panicked.
    pub failed: u64,
    /// Of the failed ones, those that were skipped.
    pub skipped: u64,
    /// Failed attempts after which a record was tried again in place.
    pub retried: u64,
    /// Of the failed ones, those that went to a retry topic.
    pub moved: u64,
    /// Of the failed ones, those that went to the dead-letter topic.
    pub dead_lettered: u64,
    /// The handlers that have been at work on one record for longer than `max_handling_ms`.
    pub hung: Vec<HungStatus>,
    /// The dead-letter topics and retry topics that do not take records which wait for them here.
    pub refusals: Vec<RefusalStatus>,
    /// Its retry topics, in their order: what is counted there is not counted here.
    pub retry_topics: Vec<TopicStatus>,
    /// Records that a lossy `backpressure` dropped.
    pub dropped: u64,
    /// Acknowledgements that came after their partition was given up, and were ignored.
    pub late_acknowledgements: u64,
}

impl TopicStatus {
    /// The status of a field's topic, with that of its retry topics.
    pub(crate) fn with_retry_topics(service: &ServiceState, topic: &TopicState) -> Self {
        let retry_topics = service.retry_topics(topic.field);
        Self {
            retry_topics: retry_topics.map(|topic| Self::of(topic)).collect(),
            ..Self::of(topic)
        }
    }

    fn of(topic: &TopicState) -> Self {
        let counts = topic.counters.read();
        let partitions = topic.partitions();
        Self {
            field: topic.field.to_owned(),
            message_type: topic.message.to_owned(),
            topic: topic.topic.to_string(),
            started: topic.is_wanted(),
            missing: topic.is_missing() && !topic.is_denied(),
            denied: topic.is_denied(),
            buffered: topic.buffer.held(),
            handled: counts.handled,
            failed: counts.failed,
            skipped: counts.skipped,
            retried: counts.retried,
            moved: counts.moved,
            dead_lettered: counts.dead_lettered,
            hung: topic
                .handling
                .hung(topic.settings.max_handling)
                .into_iter()
                .map(HungStatus::new)
                .collect(),
            refusals: topic
                .failures
                .refusals()
                .into_iter()
                .map(RefusalStatus::new)
                .collect(),
            retry_topics: Vec::new(),
            dropped: counts.dropped,
            late_acknowledgements: counts.late,
            partitions: partitions
                .iter()
                .map(|partition| PartitionStatus::of(partition))
                .collect(),
        }
    }

    /// The status of a topic that is only published to: its names.
    pub(crate) fn publish_only(field: &FieldDeclaration<'_>) -> Self {
        Self {
            field: field.name.to_owned(),
            message_type: field.message.type_name.to_owned(),
            topic: field.message.topic.to_owned(),
            ..Self::default()
        }
    }

    /// How many records lie between what is settled and the end of the assigned partitions; `None` as
    /// long as none is assigned, or that is not known of each.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        if self.partitions.is_empty() {
            return None;
        }
        self.partitions.iter().map(|partition| partition.lag).sum()
    }

    /// The partitions that were halted, each with the reason.
    pub fn halted(&self) -> impl Iterator<Item = (i32, &HaltStatus)> {
        self.partitions.iter().filter_map(|partition| {
            partition
                .halted
                .as_ref()
                .map(|halt| (partition.partition, halt))
        })
    }
}

/// What one assigned partition is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartitionStatus {
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next one to read. `None` if nothing was committed yet.
    pub committed: Option<i64>,
    /// How many records lie between what is settled and the end; `None` as long as that is not known.
    pub lag: Option<u64>,
    /// Records that are waiting for a handler or being handled.
    pub buffered: usize,
    /// Whether a handler is at work.
    pub in_flight: bool,
    /// Records that failed, and wait for another attempt or for their place in another topic. They are not settled.
    pub recovering: usize,
    /// Whether it is not read yet, because a handler of an earlier assignment of it to this process is
    /// still at work.
    pub waits_for_earlier: bool,
    /// Why it was halted, if it was.
    pub halted: Option<HaltStatus>,
}

impl PartitionStatus {
    fn of(partition: &Partition) -> Self {
        Self {
            partition: partition.id(),
            committed: partition.committed().map(|next| next.0),
            lag: partition.lag(),
            buffered: partition.held(),
            in_flight: partition.is_running(),
            recovering: partition.recovering(),
            waits_for_earlier: partition.is_waiting(),
            halted: partition.halted().map(|halt| HaltStatus {
                offset: halt.offset.0,
                reason: halt.reason.clone(),
                since: halt.since,
            }),
        }
    }
}

/// A handler that has been at work on one record for too long.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HungStatus {
    /// The partition of the record.
    pub partition: i32,
    /// The offset of the record.
    pub offset: i64,
    /// For how long, to about a tenth of a second.
    pub handling: Duration,
}

impl HungStatus {
    fn new(hung: Hung) -> Self {
        Self {
            partition: hung.partition,
            offset: hung.offset.0,
            handling: hung.handling,
        }
    }
}

/// A topic that does not take the records that failed elsewhere.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefusalStatus {
    /// The dead-letter topic or retry topic.
    pub topic: String,
    /// Why it does not take them.
    pub reason: String,
    /// Since when.
    pub since: SystemTime,
}

impl RefusalStatus {
    fn new(refusal: Refusal) -> Self {
        Self {
            topic: refusal.to.to_string(),
            reason: refusal.reason,
            since: refusal.since,
        }
    }
}

/// Why a partition was halted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HaltStatus {
    /// The offset of the record that could not be handled.
    pub offset: i64,
    /// Why it could not.
    pub reason: FailureReason,
    /// Since when.
    pub since: SystemTime,
}

impl fmt::Display for HaltStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "halted at offset {}: {}", self.offset, self.reason)
    }
}
