//! How loudly an event is logged, and with which fields.

use super::Event;
use super::words::Names;
use crate::error::ServiceError;
use crate::handler::FailureReason;

impl Event {
    /// Logs it.
    pub(super) fn log(&self) {
        match self {
            // It is of a receiver, not of the runtime.
            Self::Missed { .. } => {}
            Self::ServiceFailed {
                service,
                group,
                error,
                attempts,
                retry_in,
            } => tracing::error!(
                %service, %group, attempts, ?retry_in, %error,
                "the service failed; as long as it is not shut down, it connects again after `retry_in`",
            ),
            Self::Fenced {
                service,
                group,
                error,
            } => tracing::error!(%service, %group, %error, "the service stopped for good"),
            Self::PartitionsAssigned {
                service,
                group,
                partitions,
                assigned,
            } => tracing::info!(
                %service, %group, added = %Names(partitions), assigned, "partitions assigned",
            ),
            Self::PartitionsRevoked {
                service,
                group,
                partitions,
                assigned,
            } => tracing::info!(
                %service, %group, revoked = partitions.len(), assigned, "partitions given up",
            ),
            Self::PartitionsLost {
                service,
                group,
                partitions,
                assigned,
            } => tracing::warn!(
                %service, %group, lost = %Names(partitions), assigned,
                "partitions lost: the group went on without this member; what was not committed is delivered \
                 again",
            ),
            Self::Stalled {
                service,
                topic,
                partition,
                position,
                found,
                silent,
            } => tracing::error!(
                %service, %topic, partition, position, found, ?silent,
                "partition stalled: another client can read what this one does not; it is replaced",
            ),
            Self::TopicMissing { service, topic } => tracing::warn!(
                %service, %topic, "the topic does not exist; it will be consumed as soon as it does",
            ),
            Self::TopicDenied { service, topic } => {
                let error = ServiceError::topic_denied(topic);
                tracing::warn!(%service, %topic, "{error}");
            }
            Self::TopicCreated {
                service,
                topic,
                partitions,
            } => tracing::info!(%service, %topic, partitions, "the topic exists now"),
            Self::TopicRecreated {
                service,
                topic,
                partitions,
            } => tracing::warn!(
                %service, %topic, partitions,
                "the topic was deleted and created again; it is read from its beginning",
            ),
            Self::PartitionsAdded {
                service,
                topic,
                from,
                to,
            } => tracing::info!(%service, %topic, from, to, "the topic has got more partitions"),
            Self::OffsetReset {
                service,
                topic,
                partition,
                from,
                to,
                lost,
            } => tracing::error!(
                %service, %topic, partition, from, to, lost,
                "reading went on behind the offset that should have been read: what lies between is not there any \
                 more, or left out by `auto_offset_reset`",
            ),
            Self::Rewound {
                service,
                topic,
                partition,
                from,
                to,
            } => tracing::warn!(
                %service, %topic, partition, from, to,
                "the client went back to an earlier offset: records are delivered again",
            ),
            Self::Unreadable {
                service,
                topic,
                partition,
                offset,
                reason,
            } => tracing::error!(
                %service, %topic, partition, offset, %reason, "records that cannot be read were skipped",
            ),
            Self::Halted {
                service,
                message_type,
                topic,
                partition,
                offset,
                reason,
            } => match reason {
                FailureReason::Unreadable(_) => tracing::error!(
                    %service, message_type, %topic, partition, offset, %reason,
                    "partition halted: nothing from this offset on is read until the partition is assigned anew",
                ),
                _ => tracing::error!(
                    %service, message_type, %topic, partition, offset, %reason,
                    "partition halted: nothing after this record is handled until the partition is assigned anew",
                ),
            },
            Self::HandlerHung {
                service,
                message_type,
                topic,
                partition,
                offset,
                handling,
            } => tracing::error!(
                %service, message_type, %topic, partition, offset, ?handling,
                "a handler does not come back: what comes behind this record waits for it",
            ),
            Self::FailuresRefused {
                service,
                message_type,
                topic,
                to,
                reason,
            } => tracing::error!(
                %service, message_type, %topic, %to, %reason,
                "failed records are not taken by the topic that they should go to: they are sent again until it \
                 does, and are not settled before",
            ),
            Self::CheckFound { service, problem } => {
                tracing::warn!(%service, %problem, "the check found a problem");
            }
            Self::FailuresAccepted {
                service,
                message_type,
                topic,
                to,
                after,
            } => tracing::info!(
                %service, message_type, %topic, %to, ?after, "failed records are taken again",
            ),
        }
    }
}
