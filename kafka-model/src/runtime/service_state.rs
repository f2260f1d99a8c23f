//! What the runtime knows of one poll service.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kafka_model_core::Effective;
use tokio::sync::watch;

use super::event::{Event, EventSender};
use super::report::PartitionReport;
use super::settings::ServiceSettings;
use super::topic_state::TopicState;
use crate::error::ServiceError;
use crate::poll::Waker;

/// What a poll service is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServicePhase {
    /// Not started, or nothing of it is to be consumed: it has no connection.
    Idle,
    /// It is connecting for the first time.
    Connecting,
    /// It is connected and consumes.
    Running,
    /// It failed, and will connect again by itself.
    Failed {
        /// Why.
        error: ServiceError,
        /// How often in a row it failed.
        attempts: u32,
        /// The wait until it connects again.
        retry_in: Duration,
    },
    /// Another process has its `group_instance_id`: it stopped for good, and waits for the shutdown. Its handlers
    /// get nothing more.
    Fenced {
        /// [`ServiceError::Fenced`], which says what to do.
        error: ServiceError,
    },
    /// It was shut down.
    Stopped,
}

/// One poll service: a consumer, the thread that owns it, and the topics it serves.
pub(crate) struct ServiceState {
    /// Its name among all services: `Model.shared`, or `Model.field`.
    pub(crate) name: String,
    /// The name of its thread.
    pub(crate) thread: String,
    pub(crate) model: &'static str,
    pub(crate) group: String,
    pub(crate) topics: Vec<Arc<TopicState>>,
    pub(crate) effective: Effective<'static>,
    pub(crate) settings: ServiceSettings,
    pub(crate) waker: Arc<Waker>,
    events: EventSender,
    pub(crate) phase: watch::Sender<ServicePhase>,
    /// Whether the group has it as a member.
    pub(crate) joined: AtomicBool,
    pub(crate) commits: AtomicU64,
    pub(crate) commit_failures: AtomicU64,
    pub(crate) rebalances: AtomicU64,
    /// Bytes of records fetched, as librdkafka's statistics say, if they are on.
    pub(crate) fetched_bytes: AtomicU64,
    /// Bytes of records that were read from the client.
    pub(crate) delivered_bytes: AtomicU64,
    last_error: Mutex<Option<ServiceError>>,
    trouble: Mutex<Option<ServiceError>>,
    shutdown: Mutex<Option<Instant>>,
    report: Mutex<Vec<PartitionReport>>,
}

impl ServiceState {
    pub(crate) fn new(
        name: &str,
        model: &'static str,
        events: EventSender,
        group: String,
        topics: Vec<Arc<TopicState>>,
        effective: Effective<'static>,
        waker: Arc<Waker>,
    ) -> Self {
        Self {
            name: format!("{model}.{name}"),
            thread: format!("kafka-{name}"),
            model,
            group,
            topics,
            settings: ServiceSettings::of(&effective),
            effective,
            waker,
            events,
            phase: watch::Sender::new(ServicePhase::Idle),
            joined: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            commit_failures: AtomicU64::new(0),
            rebalances: AtomicU64::new(0),
            fetched_bytes: AtomicU64::new(0),
            delivered_bytes: AtomicU64::new(0),
            last_error: Mutex::default(),
            trouble: Mutex::default(),
            shutdown: Mutex::default(),
            report: Mutex::default(),
        }
    }

    /// Logs an event, and sends it to whoever listens.
    pub(crate) fn tell(&self, event: Event) {
        self.events.tell(event);
    }

    /// Tells that a topic does not exist.
    pub(crate) fn tell_missing(&self, topic: &TopicState) {
        self.tell(Event::TopicMissing {
            service: self.name.clone(),
            topic: topic.topic.to_string(),
        });
    }

    /// Tells that a topic exists that did not.
    pub(crate) fn tell_created(&self, topic: &TopicState, partitions: usize) {
        self.tell(Event::TopicCreated {
            service: self.name.clone(),
            topic: topic.topic.to_string(),
            partitions,
        });
    }

    /// Goes over to `phase`, and says so.
    pub(crate) fn enter(&self, phase: ServicePhase) {
        match &phase {
            ServicePhase::Failed {
                error,
                attempts,
                retry_in,
            } => self.tell(Event::ServiceFailed {
                service: self.name.clone(),
                group: self.group.clone(),
                error: error.clone(),
                attempts: *attempts,
                retry_in: *retry_in,
            }),
            ServicePhase::Fenced { error } => self.tell(Event::Fenced {
                service: self.name.clone(),
                group: self.group.clone(),
                error: error.clone(),
            }),
            ServicePhase::Idle => {
                tracing::info!(service = %self.name, "idle: nothing of it is to be consumed");
            }
            ServicePhase::Connecting => {
                tracing::info!(service = %self.name, group = %self.group, "connecting");
            }
            ServicePhase::Running => {
                tracing::info!(service = %self.name, group = %self.group, "connected");
            }
            ServicePhase::Stopped => {
                tracing::info!(service = %self.name, group = %self.group, "stopped");
            }
        }
        self.phase.send_replace(phase);
    }

    /// Notes whether the group has it as a member.
    pub(crate) fn set_joined(&self, joined: bool) {
        self.joined.store(joined, Ordering::Relaxed);
    }

    /// Whether nothing of it is to be consumed now.
    pub(crate) fn is_idle(&self) -> bool {
        self.wanted().next().is_none()
    }

    /// The topics that are to be consumed now.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &Arc<str>> {
        self.topics
            .iter()
            .filter(|topic| topic.is_wanted())
            .map(|topic| &topic.topic)
    }

    /// The retry topics of the field.
    pub(crate) fn retry_topics(&self, field: &str) -> impl Iterator<Item = &Arc<TopicState>> {
        self.topics
            .iter()
            .filter(move |topic| topic.field == field && topic.failures.level.is_some())
    }

    /// Remembers an error that did not end the service, for its status.
    pub(crate) fn note_error(&self, error: ServiceError) {
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn last_error(&self) -> Option<ServiceError> {
        self.last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes what is wrong with the connection of a client that goes on, and says what is new of it.
    pub(crate) fn set_trouble(&self, trouble: Option<ServiceError>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *noted == trouble {
            return;
        }
        match &trouble {
            Some(error) => {
                tracing::warn!(service = %self.name, "{error}");
                self.note_error(error.clone());
            }
            None => {
                tracing::info!(service = %self.name, "what was wrong with the connection is over");
            }
        }
        *noted = trouble;
    }

    /// What is wrong with the connection of a client that goes on.
    pub(crate) fn trouble(&self) -> Option<ServiceError> {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells the poll thread to drain until `deadline`, to commit, and to leave.
    pub(crate) fn shut_down(&self, deadline: Instant) {
        *self.shutdown.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
        self.waker.control();
    }

    /// Until when to drain, if the service is to end.
    pub(crate) fn shutdown_deadline(&self) -> Option<Instant> {
        *self.shutdown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves word of partitions that could not be finished.
    pub(crate) fn leave_report(&self, report: Vec<PartitionReport>) {
        self.report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(report);
    }

    pub(crate) fn take_report(&self) -> Vec<PartitionReport> {
        std::mem::take(&mut *self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the bytes of records fetched so far, as librdkafka counted them for its client.
    pub(crate) fn set_fetched(&self, bytes: u64) {
        self.fetched_bytes.store(bytes, Ordering::Relaxed);
    }
}
