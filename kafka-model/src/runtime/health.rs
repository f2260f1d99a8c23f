//! What keeps records from being handled, as a status shows it.

use std::fmt;

use super::service_state::ServicePhase;
use super::status::{
    HaltStatus, HungStatus, KafkaStatus, RefusalStatus, ServiceStatus, TopicStatus,
};
use crate::error::ServiceError;

/// Something that keeps records from being handled, until somebody does something about it or it is over.
///
/// A service without partitions is none: it stands by. Nor is lag.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Problem<'a> {
    /// A service has no connection: it failed, and tries again; or it was fenced, and does not.
    Service(&'a ServiceStatus),
    /// A service runs, but its brokers have not answered [for a while](ServiceStatus::trouble), or it gets no new token. It
    /// goes on by itself.
    Trouble(&'a ServiceStatus, &'a ServiceError),
    /// The broker does not know a topic.
    Missing(&'a ServiceStatus, &'a TopicStatus),
    /// The broker does not let the client read a topic.
    Denied(&'a ServiceStatus, &'a TopicStatus),
    /// A partition was halted by a record.
    Halted(&'a TopicStatus, i32, &'a HaltStatus),
    /// A handler does not come back.
    Hung(&'a TopicStatus, &'a HungStatus),
    /// A dead-letter topic or retry topic does not take records.
    Refused(&'a TopicStatus, &'a RefusalStatus),
}

impl KafkaStatus {
    /// Everything that keeps records from being handled now; each displays as a sentence.
    ///
    /// ```no_run
    /// # fn report(kafka: &kafka_model::Kafka) {
    /// for problem in kafka.status().problems() {
    ///     println!("{problem}");
    /// }
    /// # }
    /// ```
    pub fn problems(&self) -> impl Iterator<Item = Problem<'_>> {
        self.services.iter().flat_map(|service| {
            let unconnected = matches!(
                service.phase,
                ServicePhase::Failed { .. } | ServicePhase::Fenced { .. }
            );
            let topics = service.all_topics().flat_map(move |topic| {
                let missing = topic.missing && topic.started;
                let missing = missing.then_some(Problem::Missing(service, topic));
                let denied = topic.denied && topic.started;
                let denied = denied.then_some(Problem::Denied(service, topic));
                let halted = topic.halted();
                let halted =
                    halted.map(|(partition, halt)| Problem::Halted(topic, partition, halt));
                let hung = topic.hung.iter().map(|hung| Problem::Hung(topic, hung));
                let refused = topic
                    .refusals
                    .iter()
                    .map(|refusal| Problem::Refused(topic, refusal));
                let reading = missing.into_iter().chain(denied);
                reading.chain(halted).chain(hung).chain(refused)
            });
            let trouble = service.trouble.as_ref().filter(|_| !unconnected);
            let trouble = trouble.map(|error| Problem::Trouble(service, error));
            let unconnected = unconnected.then_some(Problem::Service(service));
            unconnected.into_iter().chain(trouble).chain(topics)
        })
    }

    /// Whether nothing keeps records from being handled now.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.problems().next().is_none()
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => {
                let name = &service.service;
                match &service.phase {
                    ServicePhase::Failed {
                        error, attempts, ..
                    } => {
                        write!(
                            f,
                            "{name} is not connected ({attempts} failures in a row): {error}"
                        )
                    }
                    ServicePhase::Fenced { error } => {
                        write!(f, "{name} has stopped for good: {error}")
                    }
                    phase => write!(f, "{name}: {phase:?}"),
                }
            }
            Self::Trouble(service, error) => write!(f, "{}: {error}", service.service),
            Self::Missing(service, topic) => {
                write!(
                    f,
                    "{}: the topic `{}` does not exist",
                    service.service, topic.topic
                )
            }
            Self::Denied(service, topic) => {
                let error = ServiceError::topic_denied(&topic.topic);
                write!(f, "{}: {error}", service.service)
            }
            Self::Halted(topic, partition, halt) => {
                write!(f, "{}[{partition}] is {halt}", topic.topic)
            }
            Self::Hung(topic, hung) => write!(
                f,
                "{}[{}]: a handler has been at offset {} for {} ms",
                topic.topic,
                hung.partition,
                hung.offset,
                hung.handling.as_millis()
            ),
            Self::Refused(topic, refusal) => write!(
                f,
                "`{}` does not take what failed in {}: {}",
                refusal.topic, topic.topic, refusal.reason
            ),
        }
    }
}
