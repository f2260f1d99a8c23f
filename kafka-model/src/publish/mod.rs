//! The typed producer: one for each model, shared by its topics.

mod context;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_model_core::{Effective, MessageDeclaration};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use tokio::sync::oneshot;

use crate::config::{self, Connection};
use crate::elsewhere::Elsewhere;
use crate::error::PublishError;
use context::{Acknowledgement, Context};

/// How long a full queue is waited for before it is tried again.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(5);
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

type Producer = Elsewhere<ThreadedProducer<Context>>;

/// What became of a model's producer.
enum State {
    /// Nothing was published yet.
    Unmade,
    Made(Arc<Producer>),
    /// The runtime was shut down.
    Closed,
}

/// The producer of a model. It is idempotent (KIP-98), and connects when something is published.
pub(crate) struct Publisher {
    settings: Effective<'static>,
    connection: Connection,
    producer: Mutex<State>,
}

impl Publisher {
    pub(crate) fn new(settings: Effective<'static>, connection: Connection) -> Self {
        Self {
            settings,
            connection,
            producer: Mutex::new(State::Unmade),
        }
    }

    /// Publishes a record and waits for its acknowledgement.
    pub(crate) async fn publish(
        &self,
        message: &MessageDeclaration<'_>,
        key: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<Published, PublishError> {
        let producer = self.producer()?;
        let (sender, receiver) = oneshot::channel();
        let mut record: BaseRecord<'_, [u8], [u8], Box<Acknowledgement>> =
            BaseRecord::with_opaque_to(message.topic, Box::new(sender)).payload(payload);
        record.key = key;
        let bytes = payload.len() + key.map_or(0, <[u8]>::len);
        loop {
            let (error, returned) = match producer.send(record) {
                Ok(()) => break,
                Err(refused) => refused,
            };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(failed(message, bytes, &error));
            }
            record = returned;
            tokio::time::sleep(QUEUE_FULL_WAIT).await;
        }
        // The last one to drop it waits for its thread: that must not be a task which waits here.
        drop(producer);
        match receiver.await {
            Ok(Ok(published)) => Ok(published),
            Ok(Err(error)) => Err(failed(message, bytes, &error)),
            Err(_) => Err(PublishError::Delivery {
                message: message.type_name.to_owned(),
                topic: message.topic.to_owned(),
                reason: "the producer was shut down".to_owned(),
            }),
        }
    }

    /// Waits for what was published to be acknowledged, for some seconds, and closes the producer.
    pub(crate) async fn close(&self) {
        let State::Made(producer) = std::mem::replace(&mut *self.state(), State::Closed) else {
            return;
        };
        let flushed = tokio::task::spawn_blocking(move || producer.flush(FLUSH_TIME)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "what was published last was not acknowledged before the shutdown");
        }
    }

    fn producer(&self) -> Result<Arc<Producer>, PublishError> {
        let mut state = self.state();
        match &*state {
            State::Made(producer) => return Ok(Arc::clone(producer)),
            State::Closed => {
                return Err(PublishError::Producer {
                    reason: "the runtime was shut down".to_owned(),
                });
            }
            State::Unmade => {}
        }
        let config = config::producer(&self.settings, &self.connection).map_err(|error| {
            PublishError::Producer {
                reason: error.to_string(),
            }
        })?;
        if config.get("bootstrap.servers").is_none() {
            return Err(PublishError::Producer {
                reason: "it has no broker address".to_owned(),
            });
        }
        let made: ThreadedProducer<Context> = config
            .create_with_context(Context::default())
            .map_err(|error| PublishError::Producer {
                reason: config::describe_error(&error),
            })?;
        let made = Arc::new(Elsewhere::new(made));
        *state = State::Made(Arc::clone(&made));
        Ok(made)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.producer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(message: &MessageDeclaration<'_>, bytes: usize, error: &KafkaError) -> PublishError {
    let (message, topic) = (message.type_name.to_owned(), message.topic.to_owned());
    let reason = config::describe_error(error);
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => {
            PublishError::TooLarge {
                message,
                topic,
                bytes,
                reason,
            }
        }
        _ => PublishError::Delivery {
            message,
            topic,
            reason,
        },
    }
}
