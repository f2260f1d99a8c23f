//! What is known of the cluster before a consumer is made.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kafka_model_core::Effective;
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::complaints::Complaints;
use super::context;
use crate::config::{self, Connection, Tokens};
use crate::diagnosis;
use crate::error::ServiceError;
use crate::runtime::{Event, ServiceState, TopicState};

/// How long one request for metadata may take, so that a shutdown is noticed in between.
const SLICE: Duration = Duration::from_secs(1);
/// How often topics that do not exist are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A client in no group, which only asks for metadata.
pub(crate) struct Probe {
    client: BaseConsumer<ProbeContext>,
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
            .create_with_context(ProbeContext::of(service, connection))
            .map_err(|error| ServiceError::Configuration {
                reason: config::describe_error(&error),
            })?;
        let brokers = connection.brokers(settings).unwrap_or_default();
        Ok(Self {
            client,
            settings: *settings,
            connection: connection.clone(),
            brokers,
        })
    }

    /// The client itself, for questions of another kind.
    pub(crate) fn client(&self) -> &BaseConsumer<ProbeContext> {
        &self.client
    }

    /// Why no broker answered within `timeout`. It is looked for again, which takes some seconds.
    pub(crate) fn unreachable(&self, timeout: Duration, error: &KafkaError) -> ServiceError {
        let client = diagnosis::Client {
            settings: &self.settings,
            connection: &self.connection,
            brokers: &self.brokers,
        };
        let why = client.diagnose(timeout, self.complaint().as_deref());
        match why {
            ServiceError::Unreachable {
                brokers,
                within,
                reason: None,
            } => ServiceError::Unreachable {
                brokers,
                within,
                reason: Some(error.to_string()),
            },
            why => why,
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
        let mut partitions = 0;
        for topic in &service.topics {
            let count = loop {
                let left = deadline.saturating_duration_since(Instant::now());
                match self.find(&topic.topic, left.min(SLICE)) {
                    Ok(Err(RDKafkaErrorCode::TopicAuthorizationFailed)) => {
                        topic.set_denied(true);
                        break None;
                    }
                    Ok(count) => break count.ok().filter(|count| *count > 0),
                    Err(_) if !left.is_zero() && service.shutdown_deadline().is_none() => {}
                    Err(error) => return Err(self.unreachable(timeout, &error)),
                }
            };
            let missing = count.is_none();
            if missing && !topic.is_missing() && !topic.is_denied() {
                service.tell_missing(topic);
            }
            topic.set_missing(missing);
            partitions += count.unwrap_or(0);
        }
        Ok(partitions)
    }

    /// How many partitions a topic has; `None` if it does not exist.
    fn ask(&self, topic: &str, timeout: Duration) -> Result<Option<usize>, KafkaError> {
        let found = self.find(topic, timeout)?;
        Ok(found.ok().filter(|count| *count > 0))
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

    /// What the client last complained about, if that says anything.
    fn complaint(&self) -> Option<String> {
        let complaint = self.client.context().complaints.take();
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
                while !stopped.load(Ordering::SeqCst) && !missing.is_empty() {
                    thread::park_timeout(LOOK_AGAIN);
                    // A client of its own for each look: it would otherwise remember that they are unknown.
                    let Ok(probe) = Probe::new(&service, &connection) else {
                        continue;
                    };
                    missing.retain(|topic| match probe.ask(&topic.topic, SLICE) {
                        Ok(Some(partitions)) => {
                            topic.set_missing(false);
                            topic.set_denied(false);
                            service.tell(Event::TopicCreated {
                                service: service.name.clone(),
                                topic: topic.topic.to_string(),
                                partitions,
                            });
                            service.waker.control();
                            false
                        }
                        Ok(None) | Err(_) => true,
                    });
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
    tokens: Tokens,
}

impl ProbeContext {
    pub(super) fn new(service: &ServiceState, connection: &Connection) -> Self {
        Self::of(&service.name, connection)
    }

    fn of(service: &str, connection: &Connection) -> Self {
        Self {
            tokens: connection.tokens.of(service),
            service: service.to_owned(),
            complaints: Complaints::default(),
        }
    }
}

impl ClientContext for ProbeContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.tokens.next(config)
    }

    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        // The consumer that follows will say it again.
        context::log(&self.service, RDKafkaLogLevel::Debug, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.keep(&error, reason);
    }
}

impl ConsumerContext for ProbeContext {}
