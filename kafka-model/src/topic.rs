//! The handle of one topic.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka_model_core::FieldDeclaration;

use crate::error::{AttachError, Error, PublishError};
use crate::handler::{BatchHandler, Handler};
use crate::lane::{BatchWorker, Worker};
use crate::publish::{Encoded, Published, Publisher};
use crate::redrive::{Redrive, RedriveError};
use crate::runtime::{Consumer, Inner, Order, ServiceState, TopicState, TopicStatus};
use crate::stream::TopicStream;
use crate::{KafkaMessage, decode};

/// The handle of one topic of a model: what it is consumed with, published to and looked at by.
///
/// It comes from the model's `register_all`. Its clones are the same topic.
pub struct Topic<T> {
    runtime: Arc<Inner>,
    field: &'static FieldDeclaration<'static>,
    /// `None`: it is only published to.
    consumed: Option<(Arc<TopicState>, Arc<ServiceState>)>,
    publisher: Arc<Publisher>,
    message: PhantomData<fn(T) -> T>,
}

impl<T: KafkaMessage> Topic<T> {
    pub(crate) fn new(
        runtime: Arc<Inner>,
        field: &'static FieldDeclaration<'static>,
        consumed: Option<(Arc<TopicState>, Arc<ServiceState>)>,
        publisher: Arc<Publisher>,
    ) -> Self {
        Self {
            runtime,
            field,
            consumed,
            publisher,
            message: PhantomData,
        }
    }

    /// What the runtime knows of it, if it is consumed.
    #[cfg(feature = "__hot-path")]
    pub(crate) fn consumed_state(&self) -> Option<&Arc<TopicState>> {
        self.consumed.as_ref().map(|(topic, _)| topic)
    }

    /// The topic's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.field.message.topic
    }

    /// Has `handler` called with each record.
    ///
    /// What it may be, [`Handler`] says; up to `concurrency` records are handled at once, in the
    /// `order` that the type asks for.
    ///
    /// # Errors
    /// [`AttachError`]: the topic has a handler or a stream already, is `publish_only`, or the runtime
    /// was already started.
    pub fn handle<H, M>(&self, handler: H) -> Result<(), Error>
    where
        H: Handler<T, M>,
        M: 'static,
    {
        self.attach(Consumer::Handler(Arc::new(Worker::new(handler))))?;
        Ok(())
    }

    /// Has `handler` called with several records at a time: what [`BatchHandler`] says.
    ///
    /// Up to `concurrency` batches are handled at once. Under `order = "partition"` those of a partition come one after the
    /// other; with `order = "none"` they need not. A record that is tried again (`retry(...)`) comes alone.
    ///
    /// # Errors
    /// [`AttachError`]: the topic has a handler or a stream already, is `publish_only`, or has `order = "key"`; or the runtime
    /// was already started.
    pub fn handle_batch<H, M>(&self, handler: H) -> Result<(), Error>
    where
        H: BatchHandler<T, M>,
        M: 'static,
    {
        self.attach(Consumer::Handler(Arc::new(BatchWorker::new(handler))))?;
        Ok(())
    }

    /// The records of this topic to be pulled one by one, each with an acknowledgement of its own.
    ///
    /// # Errors
    /// [`AttachError`]: the topic has a handler or a stream already, is `publish_only`, or has `retry(...)`; or the
    /// runtime was already started.
    pub fn stream(&self) -> Result<TopicStream<T>, Error> {
        let topic = self.attach(Consumer::Stream)?;
        Ok(TopicStream::new(topic))
    }

    fn attach(&self, new: Consumer) -> Result<Arc<TopicState>, AttachError> {
        let field = self.field.name;
        let Some((topic, _)) = &self.consumed else {
            return Err(AttachError::PublishOnly { field });
        };
        let mut consumer = topic.consumer();
        match &*consumer {
            Consumer::Handler(_) => {
                return Err(AttachError::Twice {
                    field,
                    attached: "handler",
                });
            }
            Consumer::Stream => {
                return Err(AttachError::Twice {
                    field,
                    attached: "stream",
                });
            }
            Consumer::Missing if self.runtime.is_started() => {
                return Err(AttachError::Running { field });
            }
            Consumer::Missing
                if matches!(new, Consumer::Stream) && topic.settings.retry.is_any() =>
            {
                return Err(AttachError::RetryOnStream { field });
            }
            Consumer::Missing => {
                let (headers, batches) = match &new {
                    Consumer::Handler(handler) => {
                        (handler.wants_headers(), handler.takes_batches())
                    }
                    Consumer::Stream | Consumer::Missing => (true, false),
                };
                if batches && topic.settings.order == Order::Key {
                    return Err(AttachError::BatchByKey { field });
                }
                if headers {
                    topic.want_headers();
                }
                if batches {
                    topic.want_batches();
                }
                *consumer = new;
            }
        }
        Ok(Arc::clone(topic))
    }

    /// Publishes a value, with the key that the type names, and waits until the broker has acknowledged
    /// it.
    ///
    /// Dropping the future, as a timeout around it does, does not take the record back: it may still be
    /// sent, so that publishing it again can make a duplicate.
    ///
    /// The key is the text of the field (`7` is the byte `"7"`), and librdkafka's default partitioner
    /// places it by its CRC32, not by murmur2 as the Java client does.
    ///
    /// Publishing waits while the producer's queue is full. It works before the runtime is started, and
    /// until it is shut down.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self, value: &T) -> Result<Published, PublishError> {
        let record = self.encode(value)?;
        self.publisher.publish(self.field.message, record).await
    }

    /// Publishes values in their order, and then waits until the broker has acknowledged all of them: much cheaper than
    /// to wait for each. The results are in the order of the values; one that fails keeps no other from being sent.
    ///
    /// ```no_run
    /// # use kafka_model::{KafkaMessage, Topic};
    /// # async fn publish<Order: KafkaMessage>(orders: &Topic<Order>, new: &[Order]) -> Result<(), kafka_model::PublishError> {
    /// let published = orders.publish_all(new).await;
    /// // The first error, if there is one; or where each of them went.
    /// let places = published.into_iter().collect::<Result<Vec<_>, _>>()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What [`publish`](Self::publish) says holds for each of them: dropping the future takes nothing back, and it waits
    /// while the producer's queue is full.
    pub async fn publish_all<'a>(
        &self,
        values: impl IntoIterator<Item = &'a T>,
    ) -> Vec<Result<Published, PublishError>>
    where
        T: 'a,
    {
        let records = values.into_iter().map(|value| self.encode(value));
        self.publisher
            .publish_all(self.field.message, records)
            .await
    }

    fn encode<'a>(&self, value: &'a T) -> Result<Encoded<'a>, PublishError> {
        let message = self.field.message;
        let payload = decode::to_json(value).map_err(|error| PublishError::Encode {
            message: message.type_name.to_owned(),
            topic: message.topic.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Encoded {
            key: value.key(),
            payload,
        })
    }

    /// Sends the dead letters of this topic back to it, by filter: what [`Redrive`] says. It works whether or not
    /// the runtime is started, until it is shut down.
    ///
    /// # Errors
    /// [`RedriveError::NoDeadLetterTopic`]: the topic sends nothing to a dead-letter topic.
    pub fn redrive(&self) -> Result<Redrive, Error> {
        let field = self.field.name;
        let Some((topic, service)) = &self.consumed else {
            return Err(RedriveError::NoDeadLetterTopic { field }.into());
        };
        let (topic, service) = (Arc::clone(topic), Arc::clone(service));
        Ok(Redrive::new(
            topic,
            service,
            self.runtime.connection.clone(),
        )?)
    }

    /// Starts consuming the topic, if it was not started at once (`start_immediately = false`) or was
    /// stopped. Once the runtime runs, partitions are assigned in the background.
    pub fn start(&self) {
        if let Some((topic, service)) = &self.consumed {
            // Whoever starts it has looked at why it stopped.
            topic.failures.limiter.reset();
            topic.set_wanted(true);
            service.waker.control();
        }
    }

    /// Stops consuming the topic: what is under way is finished and committed, and its partitions are
    /// given up. Returns when they are, or after the service's `drain_timeout_ms` and some seconds for
    /// the group; the result is whether they are.
    ///
    /// The records that come meanwhile wait in the broker for [`start`](Self::start).
    pub async fn stop(&self) -> bool {
        let Some((topic, service)) = &self.consumed else {
            return true;
        };
        topic.set_wanted(false);
        service.waker.control();
        if !self.runtime.is_started() {
            return true;
        }
        let limit = service.settings.drain_timeout + Duration::from_secs(10);
        let all_given_up = async {
            // With its retry topics.
            for topic in service.topics.iter().filter(|of| of.field == topic.field) {
                topic.until(|topic| topic.assigned() == 0).await;
            }
        };
        tokio::time::timeout(limit, all_given_up).await.is_ok()
    }

    /// What the topic is doing now.
    #[must_use]
    pub fn status(&self) -> TopicStatus {
        match &self.consumed {
            Some((topic, service)) => TopicStatus::with_retry_topics(service, topic),
            None => TopicStatus::publish_only(self.field),
        }
    }

    /// Returns once `condition` holds for the topic's status, which is looked at every few
    /// milliseconds; `None` if it does not within `timeout`. Made for tests.
    pub async fn wait_until(
        &self,
        timeout: Duration,
        condition: impl Fn(&TopicStatus) -> bool,
    ) -> Option<TopicStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            let status = self.status();
            if condition(&status) {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self {
            runtime: Arc::clone(&self.runtime),
            field: self.field,
            consumed: self.consumed.clone(),
            publisher: Arc::clone(&self.publisher),
            message: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("name", &self.field.message.topic)
            .field("field", &self.field.name)
            .finish_non_exhaustive()
    }
}
