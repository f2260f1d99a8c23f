//! The faults that an embedded broker can be told to have.

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

/// Kafka's number for `ConsumerGroupHeartbeat` (KIP-848), for which rdkafka has no name.
const CONSUMER_GROUP_HEARTBEAT: i16 = 68;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Records are published.
    Produce,
    /// Records are fetched.
    Fetch,
    /// Offsets are committed.
    OffsetCommit,
    /// Committed offsets are asked for.
    OffsetFetch,
    /// The coordinator of a group is asked for.
    FindCoordinator,
    /// A member joins its group.
    JoinGroup,
    /// A member gets its assignment.
    SyncGroup,
    /// A member says that it is alive.
    Heartbeat,
    /// Topics and brokers are asked for.
    Metadata,
    /// A member joins its group, gets its assignment and says that it is alive, under `group_protocol = "consumer"`.
    ConsumerGroupHeartbeat,
}

impl Request {
    /// Kafka's number for it.
    pub(super) fn api_key(self) -> i16 {
        let key = match self {
            Self::ConsumerGroupHeartbeat => return CONSUMER_GROUP_HEARTBEAT,
            Self::Produce => RDKafkaApiKey::Produce,
            Self::Fetch => RDKafkaApiKey::Fetch,
            Self::OffsetCommit => RDKafkaApiKey::OffsetCommit,
            Self::OffsetFetch => RDKafkaApiKey::OffsetFetch,
            Self::FindCoordinator => RDKafkaApiKey::FindCoordinator,
            Self::JoinGroup => RDKafkaApiKey::JoinGroup,
            Self::SyncGroup => RDKafkaApiKey::SyncGroup,
            Self::Heartbeat => RDKafkaApiKey::Heartbeat,
            Self::Metadata => RDKafkaApiKey::Metadata,
        };
        key.into()
    }
}

/// An error that a broker answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokerError {
    /// The broker does not lead the partition.
    NotLeader,
    /// The broker is not the group's coordinator.
    NotCoordinator,
    /// The coordinator is not available.
    CoordinatorNotAvailable,
    /// The coordinator is loading the group.
    CoordinatorLoading,
    /// The request took too long.
    RequestTimedOut,
    /// The record is too large.
    RecordTooLarge,
    /// The topic or the partition does not exist.
    UnknownTopicOrPartition,
    /// The topic may not be used.
    TopicAuthorizationFailed,
    /// The offset is not there (any more): what `auto_offset_reset` is for.
    OffsetOutOfRange,
    /// The group may not be used.
    GroupAuthorizationFailed,
    /// The group is rebalancing.
    RebalanceInProgress,
    /// The group does not know the member.
    UnknownMember,
    /// The group's generation is another one.
    IllegalGeneration,
    /// Another member of the group has the same `group_instance_id`.
    FencedInstance,
    /// The request is none that the broker takes.
    InvalidRequest,
    /// The broker failed for a reason of its own.
    Unknown,
}

impl BrokerError {
    pub(super) fn native(self) -> RDKafkaRespErr {
        match self {
            Self::NotLeader => RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            Self::NotCoordinator => RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            Self::CoordinatorNotAvailable => {
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            }
            Self::CoordinatorLoading => {
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            }
            Self::RequestTimedOut => RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            Self::RecordTooLarge => RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            Self::UnknownTopicOrPartition => {
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            }
            Self::TopicAuthorizationFailed => {
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            }
            Self::OffsetOutOfRange => RDKafkaRespErr::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
            Self::GroupAuthorizationFailed => {
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            }
            Self::RebalanceInProgress => RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            Self::UnknownMember => RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            Self::IllegalGeneration => RDKafkaRespErr::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            Self::FencedInstance => RDKafkaRespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
            Self::InvalidRequest => RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_REQUEST,
            Self::Unknown => RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN,
        }
    }
}
