//! What is known of the cluster before a consumer is made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use kafka_model_core::Effective;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::complaints::Complaints;
use super::context;
use crate::config::{self, Connection};
use crate::diagnosis;
use crate::error::ServiceError;
use crate::native::Supplied;
use crate::runtime::{ServiceState, TopicState};

/// How long one request for metadata may take, so that a shutdown is noticed in between.
const SLICE: Duration = Duration::from_secs(1);
/// How often topics that do not exist are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How seldom they are looked for while no broker answers.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// How long a diagnosis may take.
const DIAGNOSIS: Duration = Duration::from_secs(15);
/// How often whoever waits for one looks whether it is still wanted.
const LOOK_UP: Duration = Duration::from_millis(50);

/// A client in no group, which only asks for metadata.
pub(crate) struct Probe {
    client: Supplied<BaseConsumer<ProbeContext>>,
    settings: Effective<'static>,
    connection: Connection,
    brokers: String,
}

impl Probe {
    /// A client for the brokers of `service`. It connects in the background.
    pub(crate) fn new(
        service: &ServiceState,
        connection: &Connection,
    ) -> Result<Self, ServiceError> {
        Self::of(&service.name, &service.effective, connection)
    }

    /// A client with these settings, on behalf of `service`.
    pub(crate) fn of(
        service: &str,
        settings: &Effective<'static>,
        connection: &Connection,
    ) -> Result<Self, ServiceError> {
        let client = config::probe(settings, connection)?
            .create_with_context(ProbeContext::new(service))
            .map_err(|error| ServiceError::Configuration {
                reason: config::describe_error(&error),
            })?;
        let brokers = connection.brokers(settings).unwrap_or_default();
        Ok(Self {
            client: config::supply(client, service, settings, connection),
            settings: *settings,
            connection: connection.clone(),
            brokers,
        })
    }

    /// The client itself, for questions of another kind.
    pub(crate) fn client(&self) -> &BaseConsumer<ProbeContext> {
        &self.client
    }

    /// Why no broker answered within `timeout`. It is looked for again, on another thread, which takes some seconds; but
    /// not longer than somebody wants to know it.
    fn unreachable(
        &self,
        timeout: Duration,
        error: &KafkaError,
        is_over: &dyn Fn() -> bool,
    ) -> ServiceError {
        let complaint = self.complaint();
        let unknown = ServiceError::Unreachable {
            brokers: self.brokers.clone(),
            within: timeout,
            reason: complaint.clone().or_else(|| Some(error.to_string())),
        };
        if is_over() {
            return unknown;
        }
        let (settings, connection) = (self.settings, self.connection.clone());
        let brokers = self.brokers.clone();
        let (sender, diagnosis) = mpsc::sync_channel(1);
        let spawned = thread::Builder::new()
            .name("kafka-diagnosis".to_owned())
            .spawn(move || {
                let client = diagnosis::Client {
                    settings: &settings,
                    connection: &connection,
                    brokers: &brokers,
                };
                // Nobody may wait for it any more.
                let _ = sender.send(client.diagnose(timeout, complaint.as_deref()));
            });
        if spawned.is_err() {
            return unknown;
        }
        let deadline = Instant::now() + DIAGNOSIS;
        loop {
            match diagnosis.recv_timeout(LOOK_UP) {
                Ok(ServiceError::Unreachable { .. }) => return unknown,
                Ok(why) => return why,
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline && !is_over() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return unknown,
            }
        }
    }

    /// How many partitions `topic` has, or what the broker says instead: as soon as one lets the client in.
    ///
    /// # Errors
    /// If none does until the `deadline`, which is that of `timeout`: why not, unless `is_over` says that nobody wants to know it.
    pub(crate) fn reach(
        &self,
        topic: &str,
        timeout: Duration,
        deadline: Instant,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Result<usize, RDKafkaErrorCode>, ServiceError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.find(topic, left.min(SLICE)) {
                Ok(found) => return Ok(found),
                Err(_) if !left.is_zero() && !is_over() => {}
                Err(error) => return Err(self.unreachable(timeout, &error, is_over)),
            }
        }
    }

    /// How many partitions the topics of `service` have altogether; those that do not exist are marked as missing.
    ///
    /// # Errors
    /// If no broker answers within `timeout`, or the service is shut down meanwhile.
    pub(crate) fn count_partitions(
        &self,
        service: &ServiceState,
        timeout: Duration,
    ) -> Result<usize, ServiceError> {
        let deadline = Instant::now() + timeout;
        let is_over = || service.shutdown_deadline().is_some();
        let mut partitions = 0;
        for topic in &service.topics {
            let found = self.reach(&topic.topic, timeout, deadline, &is_over)?;
            if found == Err(RDKafkaErrorCode::TopicAuthorizationFailed) {
                topic.set_denied(true);
            }
            let count = found.ok().filter(|count| *count > 0);
            let missing = count.is_none();
            if missing && !topic.is_missing() && !topic.is_denied() {
                service.tell_missing(topic);
            }
            topic.set_missing(missing);
            partitions += count.unwrap_or(0);
        }
        Ok(partitions)
    }

    /// How many partitions a topic has, or what the broker says instead.
    pub(crate) fn find(
        &self,
        topic: &str,
        timeout: Duration,
    ) -> Result<Result<usize, RDKafkaErrorCode>, KafkaError> {
        let asked = self.client.fetch_metadata(Some(topic), timeout);
        // Errors, with the reasons for a failure, arrive only through `poll`.
        for _ in 0..8 {
            let _ = self.client.poll(Duration::ZERO);
        }
        Ok(partitions_of(&asked?, topic))
    }

    /// What the client last complained about, if that says anything. All services that share it are told.
    fn complaint(&self) -> Option<String> {
        let complaint = self.client.context().complaints.last();
        complaint.filter(|complaint| !complaint.ends_with("brokers are down"))
    }
}

fn partitions_of(metadata: &Metadata, topic: &str) -> Result<usize, RDKafkaErrorCode> {
    let mut topics = metadata.topics().iter();
    let Some(topic) = topics.find(|found| found.name() == topic) else {
        return Err(RDKafkaErrorCode::UnknownTopicOrPartition);
    };
    match topic.error() {
        Some(error) if topic.partitions().is_empty() => Err(error.into()),
        _ => Ok(topic.partitions().len()),
    }
}

/// Looks for topics that do not exist, on a thread of its own, until all do or it is dropped.
pub(crate) struct Watch {
    topics: usize,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watch {
    /// Looks for those of `topics` that are missing. When one appears it is no longer marked so, and the
    /// poll thread is woken.
    pub(crate) fn start(
        service: &Arc<ServiceState>,
        connection: &Connection,
        topics: Vec<Arc<TopicState>>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (service, connection) = (Arc::clone(service), connection.clone());
        let stopped = Arc::clone(&stop);
        let count = topics.len();
        let thread = thread::Builder::new()
            .name(format!("{}-wait", service.thread))
            .spawn(move || {
                let mut missing = topics;
                let mut rest = LOOK_AGAIN;
                let mut probe = None;
                loop {
                    thread::park_timeout(rest);
                    if stopped.load(Ordering::SeqCst) || missing.is_empty() {
                        return;
                    }
                    // The same client as long as it lives: each new one asks for secrets and tokens, and logs in.
                    if probe.is_none() {
                        probe = Probe::new(&service, &connection).ok();
                    }
                    let Some(probe) = &probe else {
                        rest = (rest * 2).min(LONGEST_REST);
                        continue;
                    };
                    let mut answered = true;
                    missing.retain(|topic| match probe.find(&topic.topic, SLICE) {
                        Ok(Ok(partitions)) if partitions > 0 => {
                            // The consumer may have found it by itself.
                            if topic.appears() {
                                service.tell_created(topic, partitions);
                            }
                            service.waker.control();
                            false
                        }
                        Ok(_) => true,
                        Err(_) => {
                            answered = false;
                            true
                        }
                    });
                    rest = if answered {
                        LOOK_AGAIN
                    } else {
                        (rest * 2).min(LONGEST_REST)
                    };
                }
            });
        // Without a thread the topic is found at librdkafka's own next look, minutes later.
        Self {
            topics: count,
            stop,
            thread: thread.ok(),
        }
    }

    /// How many topics it was to look for.
    pub(crate) fn topics(&self) -> usize {
        self.topics
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

/// Remembers what the client complains about.
pub(crate) struct ProbeContext {
    service: String,
    complaints: Complaints,
}

impl ProbeContext {
    pub(super) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            complaints: Complaints::default(),
        }
    }
}

impl ClientContext for ProbeContext {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        // The consumer that follows will say it again.
        context::log(&self.service, RDKafkaLogLevel::Debug, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.keep(&error, reason);
    }
}

impl ConsumerContext for ProbeContext {}
