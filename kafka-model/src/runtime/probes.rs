//! Whether a process is ready and live, as an orchestrator asks, and if not, why not.

use std::fmt;

use super::service_state::ServicePhase;
use super::status::{HaltStatus, HungStatus, KafkaStatus};
use crate::error::ServiceError;

/// What of a whole runtime its services do not say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    pub(crate) started: bool,
    pub(crate) stopping: bool,
    pub(crate) liveness: Liveness,
}

/// What makes a process not live, beside what always does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Liveness {
    pub(crate) halted: bool,
    pub(crate) hung: bool,
}

/// Why a process is not ready; it displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotReady {
    /// [`Kafka::start`](crate::Kafka::start) was not called yet.
    NotStarted,
    /// It is being shut down, or was.
    ShuttingDown,
    /// A service has not reached its brokers yet.
    Connecting {
        /// The service.
        service: String,
    },
    /// A service is connected, but the group has not let it in yet, or went on without it.
    Joining {
        /// The service.
        service: String,
        /// The group.
        group: String,
    },
    /// None of the topics that a service is to consume exists.
    NoTopic {
        /// The service.
        service: String,
        /// The topics.
        topics: Vec<String>,
    },
    /// A service failed. It connects again by itself, unless it is [fenced](ServicePhase::Fenced).
    Failed {
        /// The service.
        service: String,
        /// Why.
        error: ServiceError,
    },
    /// A service ended although it should run.
    Ended {
        /// The service.
        service: String,
    },
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str("the services are not started yet"),
            Self::ShuttingDown => f.write_str("the services are shut down"),
            Self::Connecting { service } => write!(f, "{service} has not reached its brokers yet"),
            Self::Joining { service, group } => {
                write!(f, "{service} is not in the group `{group}` yet")
            }
            Self::NoTopic { service, topics } => write!(
                f,
                "{service} has nothing to consume: `{}` do not exist",
                topics.join("`, `")
            ),
            Self::Failed { service, error } => write!(f, "{service} failed: {error}"),
            Self::Ended { service } => write!(f, "{service} ended although it should run"),
        }
    }
}

/// Why a process cannot do its work any more unless it is started anew; it displays as a sentence.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NotLive {
    /// A service ended although it should run: its thread, or the tokio runtime that it was started on.
    Ended {
        /// The service.
        service: String,
    },
    /// A service stopped for good, because another process has its `group_instance_id`.
    Fenced {
        /// The service.
        service: String,
        /// Why, and what to do.
        error: ServiceError,
    },
    /// A partition was halted, and
    /// [`halted_partitions_end_liveness`](crate::KafkaBuilder::halted_partitions_end_liveness) is set.
    Halted {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Where, and why.
        halt: HaltStatus,
    },
    /// A handler does not come back, and [`hung_handlers_end_liveness`](crate::KafkaBuilder::hung_handlers_end_liveness)
    /// is set.
    Hung {
        /// The topic.
        topic: String,
        /// At which record, and for how long.
        hung: HungStatus,
    },
}

impl fmt::Display for NotLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { service } => write!(f, "{service} ended although it should run"),
            Self::Fenced { service, error } => write!(f, "{service} stopped for good: {error}"),
            Self::Halted {
                topic,
                partition,
                halt,
            } => write!(f, "{topic}[{partition}] is {halt}"),
            Self::Hung { topic, hung } => write!(
                f,
                "{topic}[{}]: a handler has been at offset {} for {} ms",
                hung.partition,
                hung.offset,
                hung.handling.as_millis()
            ),
        }
    }
}

impl KafkaStatus {
    /// Whether each service that is to run has reached its brokers and is in its group. One without partitions stands by,
    /// and is as ready as the others; one that is [not to be consumed](crate::Topic::stop) is not waited for. Before the
    /// start, and from the beginning of a shutdown on, nothing is ready.
    ///
    /// For a readiness probe. A consumer gets its records whether or not it is ready: this is for rollouts, which go on
    /// when the new process is, and for what else the process serves.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.not_ready().is_empty()
    }

    /// All that keeps the process from being [ready](Self::is_ready).
    #[must_use]
    pub fn not_ready(&self) -> Vec<NotReady> {
        if self.course.stopping {
            return vec![NotReady::ShuttingDown];
        }
        if !self.course.started {
            return vec![NotReady::NotStarted];
        }
        let of_service = |service: &super::ServiceStatus| {
            let name = service.service.clone();
            match &service.phase {
                ServicePhase::Idle => {
                    // It is told of in a moment, if it is to be consumed.
                    let wanted = service.topics.iter().any(|topic| topic.started);
                    wanted.then_some(NotReady::Connecting { service: name })
                }
                ServicePhase::Connecting => Some(NotReady::Connecting { service: name }),
                ServicePhase::Failed { error, .. } | ServicePhase::Fenced { error } => {
                    Some(NotReady::Failed {
                        service: name,
                        error: error.clone(),
                    })
                }
                ServicePhase::Stopped => Some(NotReady::Ended { service: name }),
                ServicePhase::Running if service.joined => None,
                ServicePhase::Running => {
                    let wanted = service.all_topics().filter(|topic| topic.started);
                    let wanted: Vec<_> = wanted.collect();
                    if wanted.is_empty() {
                        return None;
                    }
                    if wanted.iter().all(|topic| topic.missing) {
                        let topics = wanted.iter().map(|topic| topic.topic.clone()).collect();
                        return Some(NotReady::NoTopic {
                            service: name,
                            topics,
                        });
                    }
                    Some(NotReady::Joining {
                        service: name,
                        group: service.group.clone(),
                    })
                }
            }
        };
        self.services.iter().filter_map(of_service).collect()
    }

    /// Whether the process can still do its work by itself, or will be able to: brokers that are away, a service that
    /// failed and connects again, partitions that are halted and handlers that hang do not make it not live. The last two
    /// do if [`KafkaBuilder`](crate::KafkaBuilder) is told so: then the orchestrator starts the process anew, which meets
    /// the same records again. While it is shut down, it is live.
    ///
    /// For a liveness probe.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.not_live().is_empty()
    }

    /// All that keeps the process from being [live](Self::is_live).
    #[must_use]
    pub fn not_live(&self) -> Vec<NotLive> {
        let mut found = Vec::new();
        if !self.course.started || self.course.stopping {
            return found;
        }
        for service in &self.services {
            match &service.phase {
                ServicePhase::Stopped => found.push(NotLive::Ended {
                    service: service.service.clone(),
                }),
                ServicePhase::Fenced { error } => found.push(NotLive::Fenced {
                    service: service.service.clone(),
                    error: error.clone(),
                }),
                _ => {}
            }
            for topic in service.all_topics() {
                if self.course.liveness.halted {
                    found.extend(topic.halted().map(|(partition, halt)| NotLive::Halted {
                        topic: topic.topic.clone(),
                        partition,
                        halt: halt.clone(),
                    }));
                }
                if self.course.liveness.hung {
                    found.extend(topic.hung.iter().map(|hung| NotLive::Hung {
                        topic: topic.topic.clone(),
                        hung: hung.clone(),
                    }));
                }
            }
        }
        found
    }
}
