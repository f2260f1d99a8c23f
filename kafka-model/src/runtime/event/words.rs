//! An event in one line.

use std::fmt;

use super::Event;
use crate::error::ServiceError;

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
            Self::TopicDenied { service, topic } => {
                write!(f, "{service}: {}", ServiceError::topic_denied(topic))
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
            // It begins with the service.
            Self::CheckFound { problem, .. } => write!(f, "{problem}"),
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
pub(super) struct Names<'a>(pub(super) &'a [(String, i32)]);

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

    #[test]
    fn an_event_is_one_line_of_facts() {
        assert_eq!(
            lost(3).to_string(),
            "Model.shared lost topic[0] topic[1], since the group `group` went on without it, and has 3 now"
        );
    }
}
