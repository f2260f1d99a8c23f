//! The producers: one for each model, shared by its topics; and one for the failed records of each service.

mod context;
mod many;

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use kafka_model_core::{Effective, MessageDeclaration, Setting};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use tokio::sync::oneshot;

use crate::config::{self, Connection};
use crate::elsewhere::Elsewhere;
use crate::error::PublishError;
use crate::native::Supplied;
use crate::poll::Pair;
use context::{Acknowledgement, Context};
use many::Many;

/// How long a full queue is waited for before it is tried again.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(5);
/// How long an acknowledgement is waited for before it is looked whether the credentials are refused.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long a shutdown waits for what was published but not acknowledged.
const FLUSH_TIME: Duration = Duration::from_secs(5);

/// Where a published record went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

type Producer = Elsewhere<Supplied<ThreadedProducer<Context>>>;

/// What became of a model's producer.
enum State {
    /// Nothing was published yet.
    Unmade,
    Made(Arc<Producer>),
    /// The runtime was shut down.
    Closed,
}

/// A record to be sent.
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// By the key, if there is none.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A value as it is published.
pub(crate) struct Encoded<'a> {
    pub(crate) key: Option<Cow<'a, [u8]>>,
    pub(crate) payload: Vec<u8>,
}

impl Encoded<'_> {
    fn outgoing<'a>(&'a self, message: &MessageDeclaration<'a>) -> Outgoing<'a> {
        Outgoing {
            topic: message.topic,
            partition: None,
            key: self.key.as_deref(),
            payload: Some(&self.payload),
            headers: Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        self.payload.len() + self.key.as_ref().map_or(0, |key| key.len())
    }
}

/// Why a record was not sent.
#[derive(Debug)]
pub(crate) enum SendError {
    /// There is no producer to send it.
    Producer(String),
    /// It is too large for the topic or for the producer.
    TooLarge(String),
    /// It was not acknowledged.
    Other(String),
}

/// What a producer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The values that the user publishes.
    Values,
    /// The records that a service could not handle.
    Failures,
    /// The same, each in a batch of its own: a topic's `max.message.bytes` is of a batch, so that a small record
    /// beside a large one is refused with it.
    FailuresAlone,
}

/// The producer of a model. It is idempotent (KIP-98), and connects when something is published.
pub(crate) struct Publisher {
    settings: Effective<'static>,
    connection: Connection,
    purpose: Purpose,
    producer: Mutex<State>,
    /// Whether it authenticates with a password, which may be changed.
    has_password: bool,
    /// Held while one is made.
    making: tokio::sync::Mutex<()>,
}

impl Publisher {
    pub(crate) fn new(
        settings: Effective<'static>,
        connection: Connection,
        purpose: Purpose,
    ) -> Self {
        Self {
            settings,
            connection,
            purpose,
            producer: Mutex::new(State::Unmade),
            making: tokio::sync::Mutex::new(()),
            has_password: settings.find(Setting::SaslPassword).is_some(),
        }
    }

    /// Publishes a record and waits for its acknowledgement.
    pub(crate) async fn publish(
        &self,
        message: &MessageDeclaration<'_>,
        record: Encoded<'_>,
    ) -> Result<Published, PublishError> {
        let sent = self.send(record.outgoing(message)).await;
        sent.map_err(|error| explain(error, message, record.bytes()))
    }

    /// Publishes records in their order, and then waits for all acknowledgements. What became of each is in its place.
    pub(crate) async fn publish_all<'a>(
        &self,
        message: &MessageDeclaration<'_>,
        records: impl Iterator<Item = Result<Encoded<'a>, PublishError>>,
    ) -> Vec<Result<Published, PublishError>> {
        /// What is known of a record when all are on their way.
        enum Begun {
            Sent { bytes: usize, index: usize },
            Failed(PublishError),
        }

        let capacity = records.size_hint().0;
        let mut begun = Vec::with_capacity(capacity);
        let (adding, known) = Many::open(capacity);
        let mut weak = Weak::new();
        for record in records {
            begun.push(match record {
                Err(error) => Begun::Failed(error),
                Ok(record) => {
                    let bytes = record.bytes();
                    let one = adding.add();
                    let index = one.index();
                    let acknowledgement = Acknowledgement::OneOf(one);
                    let queued = self.queue(record.outgoing(message), acknowledgement).await;
                    match queued {
                        Ok(producer) => {
                            weak = Arc::downgrade(&producer);
                            Begun::Sent { bytes, index }
                        }
                        Err(error) => Begun::Failed(explain(error, message, bytes)),
                    }
                }
            });
            // They may be many, and none of them waits.
            tokio::task::coop::consume_budget().await;
        }
        let many = adding.many();
        drop(adding);
        // The sender is gone only once all are known.
        let _ = self.wait(&weak, known).await;
        let mut fates = many.take();
        let became = |begun| match begun {
            Begun::Sent { bytes, index } => {
                let error = match fates.get_mut(index).and_then(Option::take) {
                    Some(Ok(published)) => return Ok(published),
                    Some(Err(error)) => self.failed(&error),
                    None => shut_down(),
                };
                Err(explain(error, message, bytes))
            }
            Begun::Failed(error) => Err(error),
        };
        begun.into_iter().map(became).collect()
    }

    /// Sends a record and waits for its acknowledgement.
    pub(crate) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Published, SendError> {
        let (sender, receiver) = oneshot::channel();
        let producer = self.queue(outgoing, Acknowledgement::One(sender)).await?;
        // The last one to drop it waits for its thread: that must not be a task which waits here.
        let weak = Arc::downgrade(&producer);
        drop(producer);
        match self.wait(&weak, receiver).await {
            Ok(Ok(published)) => Ok(published),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(shut_down()),
        }
    }

    /// Gives a record to the producer, once its queue has room.
    async fn queue(
        &self,
        outgoing: Outgoing<'_>,
        acknowledgement: Acknowledgement,
    ) -> Result<Arc<Producer>, SendError> {
        let producer = self.producer().await?;
        let mut record: BaseRecord<'_, [u8], [u8], Box<Acknowledgement>> =
            BaseRecord::with_opaque_to(outgoing.topic, Box::new(acknowledgement));
        record.partition = outgoing.partition;
        record.key = outgoing.key;
        record.payload = outgoing.payload;
        if !outgoing.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(outgoing.headers.len());
            record.headers = Some(outgoing.headers.iter().fold(
                headers,
                |headers, (key, value)| {
                    headers.insert(Header {
                        key,
                        value: value.as_deref(),
                    })
                },
            ));
        }
        loop {
            let (error, returned) = match producer.send(record) {
                Ok(()) => return Ok(producer),
                Err(refused) => refused,
            };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(self.failed(&error));
            }
            record = returned;
            tokio::time::sleep(QUEUE_FULL_WAIT).await;
        }
    }

    /// Waits for acknowledgements. While a broker refuses the credentials, they are read again now and then.
    async fn wait<T>(
        &self,
        producer: &Weak<Producer>,
        mut receiver: oneshot::Receiver<T>,
    ) -> Result<T, oneshot::error::RecvError> {
        if !self.has_password {
            return receiver.await;
        }
        loop {
            if let Ok(answer) = tokio::time::timeout(LOOK_AGAIN, &mut receiver).await {
                return answer;
            }
            let refused = producer
                .upgrade()
                .filter(|producer| producer.context().refused.swap(false, Ordering::Relaxed));
            if let Some(producer) = refused {
                let (settings, connection) = (self.settings, self.connection.clone());
                let renewing = tokio::task::spawn_blocking(move || {
                    if let Some(pair) = Pair::read(&settings, &connection) {
                        pair.give(producer.client());
                    }
                });
                // It ends early only with the tokio runtime.
                let _ = renewing.await;
            }
        }
    }

    /// Closes the producer. What the user published is waited for, for some seconds.
    pub(crate) async fn close(&self) {
        let State::Made(producer) = std::mem::replace(&mut *self.state(), State::Closed) else {
            return;
        };
        if self.purpose != Purpose::Values {
            // Whatever is still on its way comes again from where it failed: nothing is settled any more.
            return;
        }
        let flushed = tokio::task::spawn_blocking(move || producer.flush(FLUSH_TIME)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "what was published last was not acknowledged before the shutdown");
        }
    }

    /// The producer, which is made if there is none. That may take a while, since secrets are read for it.
    async fn producer(&self) -> Result<Arc<Producer>, SendError> {
        if let Some(made) = self.made()? {
            return Ok(made);
        }
        let _one_at_a_time = self.making.lock().await;
        if let Some(made) = self.made()? {
            return Ok(made);
        }
        let (settings, connection, purpose) =
            (self.settings, self.connection.clone(), self.purpose);
        let made = tokio::task::spawn_blocking(move || make(&settings, &connection, purpose))
            .await
            .map_err(|error| SendError::Producer(error.to_string()))??;
        let made = Arc::new(Elsewhere::new(made));
        let mut state = self.state();
        if let State::Closed = *state {
            return Err(closed());
        }
        *state = State::Made(Arc::clone(&made));
        Ok(made)
    }

    fn made(&self) -> Result<Option<Arc<Producer>>, SendError> {
        match &*self.state() {
            State::Made(producer) => Ok(Some(Arc::clone(producer))),
            State::Unmade => Ok(None),
            State::Closed => Err(closed()),
        }
    }

    /// What an error of the producer's means. One that has failed for good is replaced by the next use.
    fn failed(&self, error: &KafkaError) -> SendError {
        let mut state = self.state();
        if let State::Made(producer) = &*state
            && let Some((_, reason)) = producer.client().fatal_error()
        {
            tracing::error!(%reason, "the producer failed for good, and is made anew");
            *state = State::Unmade;
        }
        let reason = config::describe_error(error);
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => {
                SendError::TooLarge(reason)
            }
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => SendError::Other(format!(
                "{reason}: grant the client's principal WRITE and DESCRIBE on it (an ACL)"
            )),
            _ => SendError::Other(reason),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.producer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shut_down() -> SendError {
    SendError::Other("the producer was shut down".to_owned())
}

fn explain(error: SendError, message: &MessageDeclaration<'_>, bytes: usize) -> PublishError {
    let (name, topic) = (message.type_name.to_owned(), message.topic.to_owned());
    match error {
        SendError::Producer(reason) => PublishError::Producer { reason },
        SendError::TooLarge(reason) => PublishError::TooLarge {
            message: name,
            topic,
            bytes,
            reason,
        },
        SendError::Other(reason) => PublishError::Delivery {
            message: name,
            topic,
            reason,
        },
    }
}

fn closed() -> SendError {
    SendError::Producer("the runtime was shut down".to_owned())
}

fn make(
    settings: &Effective<'static>,
    connection: &Connection,
    purpose: Purpose,
) -> Result<Supplied<ThreadedProducer<Context>>, SendError> {
    let config = match purpose {
        Purpose::Values => config::producer(settings, connection),
        Purpose::Failures => config::failure_producer(settings, connection, false),
        Purpose::FailuresAlone => config::failure_producer(settings, connection, true),
    };
    let config = config.map_err(|error| SendError::Producer(error.to_string()))?;
    if config.get("bootstrap.servers").is_none() {
        return Err(SendError::Producer("it has no broker address".to_owned()));
    }
    let producer = config
        .create_with_context(Context::default())
        .map_err(|error| SendError::Producer(config::describe_error(&error)))?;
    Ok(config::supply(producer, "publish", settings, connection))
}
