//! What happens while the runtime runs, told as it happens: logged, and sent to whoever listens.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::error::ServiceError;
use crate::handler::FailureReason;

/// How many events a receiver may be behind before it misses the oldest.
const CAPACITY: usize = 512;

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
    /// A topic that was missing exists.
    TopicCreated {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// How many partitions it has.
        partitions: usize,
    },
    /// A topic was deleted, and another one created under its name (its id changed, KIP-516). It is read from its
    /// beginning, whatever was read of the old one.
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
            | Self::TopicCreated { service, .. }
            | Self::TopicRecreated { service, .. }
            | Self::PartitionsAdded { service, .. }
            | Self::OffsetReset { service, .. }
            | Self::Rewound { service, .. }
            | Self::Unreadable { service, .. }
            | Self::Halted { service, .. }
            | Self::HandlerHung { service, .. }
            | Self::FailuresRefused { service, .. }
            | Self::FailuresAccepted { service, .. } => Some(service),
        }
    }

    fn log(&self) {
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

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed { count } => write!(f, "{count} events were missed: they came too fast"),
            Self::ServiceFailed {
                service,
                error,
                attempts,
                retry_in,
                ..
            } => write!(
                f,
                "{service} failed ({attempts} in a row), and connects again in {} ms: {error}",
                retry_in.as_millis()
            ),
            Self::Fenced { service, error, .. } => write!(f, "{service} stopped for good: {error}"),
            Self::PartitionsAssigned {
                service,
                group,
                partitions,
                assigned,
            } => write!(
                f,
                "{service} was assigned {} by the group `{group}`, and has {assigned} now",
                Names(partitions)
            ),
            Self::PartitionsRevoked {
                service,
                group,
                partitions,
                assigned,
            } => write!(
                f,
                "{service} gave {} back to the group `{group}`, and has {assigned} now",
                Names(partitions)
            ),
            Self::PartitionsLost {
                service,
                group,
                partitions,
                assigned,
            } => write!(
                f,
                "{service} lost {}, since the group `{group}` went on without it, and has {assigned} now",
                Names(partitions)
            ),
            Self::Stalled {
                service,
                topic,
                partition,
                position,
                found,
                silent,
            } => {
                write!(
                    f,
                    "{service}: {topic}[{partition}] gave nothing for {} ms",
                    silent.as_millis()
                )?;
                if let Some(position) = position {
                    write!(f, " at offset {position}")?;
                }
                write!(f, ", although its record at offset {found} can be read")
            }
            Self::TopicMissing { service, topic } => {
                write!(f, "{service}: the topic {topic} does not exist")
            }
            Self::TopicCreated {
                service,
                topic,
                partitions,
            } => write!(
                f,
                "{service}: the topic {topic} exists now, with {partitions} partitions"
            ),
            Self::TopicRecreated {
                service,
                topic,
                partitions,
            } => write!(
                f,
                "{service}: the topic {topic} was deleted and created again, with {partitions} partitions; it is \
                 read from its beginning"
            ),
            Self::PartitionsAdded {
                service,
                topic,
                from,
                to,
            } => write!(
                f,
                "{service}: the topic {topic} has {to} partitions, instead of {from}"
            ),
            Self::OffsetReset {
                service,
                topic,
                partition,
                from,
                to,
                lost,
            } => write!(
                f,
                "{service}: {topic}[{partition}] went on at offset {to} instead of {from}: {lost} offsets were not read"
            ),
            Self::Rewound {
                service,
                topic,
                partition,
                from,
                to,
            } => write!(
                f,
                "{service}: {topic}[{partition}] went back to offset {to} instead of going on at {from}"
            ),
            Self::Unreadable {
                service,
                topic,
                partition,
                offset,
                reason,
            } => write!(
                f,
                "{service}: {topic}[{partition}] cannot be read at offset {offset}, which was skipped: {reason}"
            ),
            Self::Halted {
                service,
                message_type,
                topic,
                partition,
                offset,
                reason,
            } => write!(
                f,
                "{service} halted {topic}[{partition}] at offset {offset} (`{message_type}`): {reason}"
            ),
            Self::HandlerHung {
                service,
                message_type,
                topic,
                partition,
                offset,
                handling,
            } => write!(
                f,
                "{service}: a handler has been at work on {topic}[{partition}] offset {offset} (`{message_type}`) for \
                 {} ms",
                handling.as_millis()
            ),
            Self::FailuresRefused {
                service,
                message_type,
                topic,
                to,
                reason,
            } => write!(
                f,
                "{service}: `{to}` does not take what failed in {topic} (`{message_type}`), which is sent again until \
                 it does: {reason}"
            ),
            Self::FailuresAccepted {
                service,
                message_type,
                topic,
                to,
                after,
            } => write!(
                f,
                "{service}: `{to}` takes what failed in {topic} (`{message_type}`) again, after {} ms",
                after.as_millis()
            ),
        }
    }
}

/// Topics with their partitions, in one line.
struct Names<'a>(&'a [(String, i32)]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (topic, partition) in self.0 {
            write!(f, "{separator}{topic}[{partition}]")?;
            separator = " ";
        }
        Ok(())
    }
}

/// The events of a runtime, from the moment on at which this was asked for.
#[derive(Debug)]
pub struct Events(Option<broadcast::Receiver<Event>>);

impl Events {
    /// The next event; it waits for one. `None`: the runtime was shut down, or is gone.
    ///
    /// Who takes events too slowly gets an [`Event::Missed`] in place of those that are gone.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.as_mut()?.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(Event::Missed { count }),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Where events are told. Its clones are the same place.
#[derive(Clone)]
pub(crate) struct EventSender(Arc<Mutex<Option<broadcast::Sender<Event>>>>);

impl EventSender {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(broadcast::Sender::new(CAPACITY)))))
    }

    /// Logs an event, and sends it to whoever listens. It never waits for them.
    pub(crate) fn tell(&self, event: Event) {
        event.log();
        if let Some(sender) = &*self.sender() {
            // An error only says that nobody listens.
            let _ = sender.send(event);
        }
    }

    pub(crate) fn subscribe(&self) -> Events {
        Events(self.sender().as_ref().map(broadcast::Sender::subscribe))
    }

    /// There will be no more events: those who listen learn of it when they have taken all.
    pub(crate) fn close(&self) {
        *self.sender() = None;
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(assigned: usize) -> Event {
        Event::PartitionsLost {
            service: "Model.shared".to_owned(),
            group: "group".to_owned(),
            partitions: vec![("topic".to_owned(), 0), ("topic".to_owned(), 1)],
            assigned,
        }
    }

    #[tokio::test]
    async fn who_is_too_slow_learns_how_much_was_missed_and_the_end_comes_last() {
        let sender = EventSender::new();
        sender.tell(lost(0));
        let mut events = sender.subscribe();
        for assigned in 0..CAPACITY + 3 {
            sender.tell(lost(assigned));
        }
        sender.close();
        assert!(matches!(
            events.next().await,
            Some(Event::Missed { count: 3 })
        ));
        for expected in 3..CAPACITY + 3 {
            let event = events.next().await;
            assert!(
                matches!(event, Some(Event::PartitionsLost { assigned, .. }) if assigned == expected)
            );
        }
        assert!(events.next().await.is_none());
        assert!(sender.subscribe().next().await.is_none());
    }

    #[test]
    fn an_event_is_one_line_of_facts() {
        assert_eq!(
            lost(3).to_string(),
            "Model.shared lost topic[0] topic[1], since the group `group` went on without it, and has 3 now"
        );
    }
}
