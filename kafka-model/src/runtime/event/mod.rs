//! What happens while the runtime runs, told as it happens: logged, and sent to whoever listens.

mod channel;
mod log;
mod words;

pub(crate) use channel::EventSender;
pub use channel::Events;

use std::time::Duration;

use crate::cluster::CheckProblem;
use crate::error::ServiceError;
use crate::handler::FailureReason;

/// Something that happened to a service or to one of its partitions. Each was logged, too.
///
/// `service` is `Model.shared`, or `Model.field` of a dedicated one. Offsets are Kafka's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// This receiver was too slow: the oldest events are gone.
    Missed {
        /// How many.
        count: u64,
    },
    /// A service failed, and will connect again by itself.
    ServiceFailed {
        /// The service.
        service: String,
        /// Its consumer group.
        group: String,
        /// Why.
        error: ServiceError,
        /// How often in a row it failed.
        attempts: u32,
        /// The wait until it connects again.
        retry_in: Duration,
    },
    /// Another process has the service's `group_instance_id`: the service stopped for good.
    Fenced {
        /// The service.
        service: String,
        /// Its consumer group.
        group: String,
        /// [`ServiceError::Fenced`], which says what to do.
        error: ServiceError,
    },
    /// The group gave partitions to this process.
    PartitionsAssigned {
        /// The service.
        service: String,
        /// Its consumer group.
        group: String,
        /// The new ones: topic and partition.
        partitions: Vec<(String, i32)>,
        /// How many the service has now.
        assigned: usize,
    },
    /// The group took partitions back; what was settled of them was committed first, if that was possible within
    /// `drain_timeout_ms`.
    PartitionsRevoked {
        /// The service.
        service: String,
        /// Its consumer group.
        group: String,
        /// Those that were given up: topic and partition.
        partitions: Vec<(String, i32)>,
        /// How many the service has now.
        assigned: usize,
    },
    /// The group went on without this process: partitions are gone, and nothing of them could be committed any
    /// more. What was not committed before is delivered again, to whoever has them now.
    PartitionsLost {
        /// The service.
        service: String,
        /// Its consumer group.
        group: String,
        /// Those that are lost: topic and partition.
        partitions: Vec<(String, i32)>,
        /// How many the service has now.
        assigned: usize,
    },
    /// An assigned partition gave nothing for `stall_timeout_ms`, although another client could read a record of it.
    /// The service's client is replaced by a new one.
    Stalled {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset where it stood; `None` if nothing was read or committed before.
        position: Option<i64>,
        /// The offset of the record that another client read.
        found: i64,
        /// How long it gave nothing.
        silent: Duration,
    },
    /// The broker does not know a topic. It is consumed as soon as it exists, which is looked for every second.
    TopicMissing {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
    },
    /// The broker does not let the client read a topic. It is consumed as soon as it may be.
    TopicDenied {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
    },
    /// A topic that was missing, or might not be seen, exists.
    TopicCreated {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// How many partitions it has.
        partitions: usize,
    },
    /// A topic was deleted, and another one created under its name (its id changed, KIP-516). The partitions of it that
    /// this member has are read from their beginning, whatever was read of the old one.
    ///
    /// Each member notices for itself, by asking every 10 s, and knows a topic only from when it subscribed to it. So a
    /// partition that moves between members within about 10 s after the topic was made anew may be read from its
    /// beginning by each of them. A member that subscribes after that goes on at the group's offset, which may be one
    /// of the old topic, if it gets the partition before any other member noticed. Nothing notices while no member is
    /// there.
    TopicRecreated {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// How many partitions the new one has.
        partitions: usize,
    },
    /// A topic has got more partitions. Who consumes them the group decides when it notices, after
    /// `topic_metadata_refresh_interval_ms` (10 s if nothing else is said) at the latest.
    PartitionsAdded {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// How many it had.
        from: usize,
        /// How many it has.
        to: usize,
    },
    /// Reading went on behind the offset where it should have: the broker had deleted what lies between, or
    /// `auto_offset_reset = "latest"` left it out.
    OffsetReset {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that should have been read.
        from: i64,
        /// The offset where reading went on.
        to: i64,
        /// How many offsets lie between: at most so many records were not read.
        lost: i64,
    },
    /// Reading went back to an earlier offset: the partition's log has lost its end, or the topic was made anew.
    /// Records from there on are delivered (again).
    Rewound {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that should have been read.
        from: i64,
        /// The offset where reading went on.
        to: i64,
    },
    /// Something in a partition could not be read, and was skipped because of `on_failure = "skip"`.
    Unreadable {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset of the first record that could not be read.
        offset: i64,
        /// librdkafka's words.
        reason: String,
    },
    /// A partition stopped because of a record, and stays so until it is assigned anew.
    Halted {
        /// The service.
        service: String,
        /// The message type's name.
        message_type: &'static str,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset of the record.
        offset: i64,
        /// Why it could not be handled, or not be read.
        reason: FailureReason,
    },
    /// A handler has been at work on one record for longer than `max_handling_ms`. It is not interrupted, and the
    /// record is not skipped: its partition, or its key under `order = "key"`, waits for it.
    HandlerHung {
        /// The service.
        service: String,
        /// The message type's name.
        message_type: &'static str,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset of the record.
        offset: i64,
        /// For how long.
        handling: Duration,
    },
    /// A dead-letter topic or a retry topic does not take a record. It is sent again until the topic does; until
    /// then it is not settled.
    FailuresRefused {
        /// The service.
        service: String,
        /// The message type's name.
        message_type: &'static str,
        /// The topic that the record came from.
        topic: String,
        /// The topic that does not take it.
        to: String,
        /// Why.
        reason: String,
    },
    /// The check at the start found something that keeps a service from working, now or as soon as it tries.
    CheckFound {
        /// The service, or the field that is only published to.
        service: String,
        /// What, in a sentence that says what to do.
        problem: CheckProblem,
    },
    /// A topic that refused records takes them again.
    FailuresAccepted {
        /// The service.
        service: String,
        /// The message type's name.
        message_type: &'static str,
        /// The topic that the records came from.
        topic: String,
        /// The topic that takes them again.
        to: String,
        /// For how long it did not.
        after: Duration,
    },
}

impl Event {
    /// The service that it happened to; `None` for [`Missed`](Self::Missed).
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Missed { .. } => None,
            Self::ServiceFailed { service, .. }
            | Self::Fenced { service, .. }
            | Self::PartitionsAssigned { service, .. }
            | Self::PartitionsRevoked { service, .. }
            | Self::PartitionsLost { service, .. }
            | Self::Stalled { service, .. }
            | Self::TopicMissing { service, .. }
            | Self::TopicDenied { service, .. }
            | Self::TopicCreated { service, .. }
            | Self::TopicRecreated { service, .. }
            | Self::PartitionsAdded { service, .. }
            | Self::OffsetReset { service, .. }
            | Self::Rewound { service, .. }
            | Self::Unreadable { service, .. }
            | Self::Halted { service, .. }
            | Self::HandlerHung { service, .. }
            | Self::FailuresRefused { service, .. }
            | Self::FailuresAccepted { service, .. }
            | Self::CheckFound { service, .. } => Some(service),
        }
    }
}
