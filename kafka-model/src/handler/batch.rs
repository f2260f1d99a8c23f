//! What handles records several at a time.

use std::future::Future;

use super::HandlerError;
use crate::record::FromRecord;

/// Handles the records of a message type `T`, several at a time: for a handler to which one call with a hundred records
/// costs less than a hundred calls, as an insert into a database does.
///
/// Functions and closures are such handlers if they take a `Vec` of what a [`Handler`](crate::Handler) takes, and return
/// a `Send` future of something that says how it went ([`IntoBatchOutcome`]): `()`, `Result<(), E>` or [`BatchOutcome`].
///
/// A batch has records of one partition, in their order: those that were read together and wait for the handler, at
/// least one and at most 256. Nothing is waited for to make it larger.
///
/// ```
/// use kafka_model::{BatchOutcome, KafkaMessage, Topic};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "readings")]
/// struct Reading { sensor: u32, value: f64 }
///
/// async fn store(readings: Vec<Reading>) -> BatchOutcome {
///     for (index, reading) in readings.iter().enumerate() {
///         if !reading.value.is_finite() {
///             return BatchOutcome::reject_at(index, "no number"); // those before it are done
///         }
///     }
///     BatchOutcome::ack()
/// }
/// # fn attach(readings: &Topic<Reading>) -> Result<(), kafka_model::Error> {
/// readings.handle_batch(store)
/// # }
/// ```
///
/// `M` only tells the implementation for functions from a type's own; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle batches of records of `{T}`",
    label = "not a handler of batches of `{T}`",
    note = "a handler of batches is an `async fn` or an async closure that takes `Vec<{T}>` or `Vec<Record<{T}>>` and \
            returns `()`, `Result<(), E>` or `BatchOutcome`; its future must be `Send`"
)]
pub trait BatchHandler<T, M = ()>: Send + Sync + 'static {
    /// What it takes a `Vec` of.
    type Argument: FromRecord<T>;

    /// Handles some records. A panic counts as a failure that names no record.
    fn handle_batch(
        &self,
        arguments: Vec<Self::Argument>,
    ) -> impl Future<Output = BatchOutcome> + Send;
}

impl<T, A, F, Fut> BatchHandler<T, fn(A)> for F
where
    F: Fn(Vec<A>) -> Fut + Send + Sync + 'static,
    A: FromRecord<T>,
    Fut: Future + Send,
    Fut::Output: IntoBatchOutcome,
{
    type Argument = A;

    async fn handle_batch(&self, arguments: Vec<A>) -> BatchOutcome {
        self(arguments).await.into_batch_outcome()
    }
}

/// How handling a batch went.
#[derive(Debug)]
pub struct BatchOutcome(pub(crate) Result<(), BatchFailure>);

/// What failed of a batch.
#[derive(Debug)]
pub(crate) struct BatchFailure {
    /// The index of the record that failed; `None` if it is not known.
    pub(crate) at: Option<usize>,
    pub(crate) error: BatchError,
}

/// Why it failed, and whether another attempt may help.
#[derive(Debug)]
pub(crate) enum BatchError {
    Fail(HandlerError),
    Reject(HandlerError),
}

impl BatchOutcome {
    /// All of it is done.
    #[must_use]
    pub fn ack() -> Self {
        Self(Ok(()))
    }

    /// It failed, and nothing of it is done. Which record is to blame is not known: they come again one by one, each as a
    /// batch of its own, and with what fails then is done what the type's `retry(...)` and `on_failure` say.
    pub fn fail(error: impl Into<HandlerError>) -> Self {
        Self::failure(None, BatchError::Fail(error.into()))
    }

    /// The record at `index` failed, and may be tried again. Those before it are done; those behind it come again.
    ///
    /// An `index` beyond the batch is as if none was given.
    pub fn fail_at(index: usize, error: impl Into<HandlerError>) -> Self {
        Self::failure(Some(index), BatchError::Fail(error.into()))
    }

    /// The record at `index` failed, and trying it again cannot mend that. Those before it are done; those behind it come
    /// again.
    ///
    /// An `index` beyond the batch is as if none was given.
    pub fn reject_at(index: usize, error: impl Into<HandlerError>) -> Self {
        Self::failure(Some(index), BatchError::Reject(error.into()))
    }

    fn failure(at: Option<usize>, error: BatchError) -> Self {
        Self(Err(BatchFailure { at, error }))
    }
}

/// What a handler of batches may return.
#[diagnostic::on_unimplemented(
    message = "a handler of batches cannot return `{Self}`",
    label = "says nothing about how handling went",
    note = "return `()`, `Result<(), E>` with an error that converts into `Box<dyn Error + Send + Sync>`, or \
            `BatchOutcome`"
)]
pub trait IntoBatchOutcome {
    /// As an outcome.
    fn into_batch_outcome(self) -> BatchOutcome;
}

impl IntoBatchOutcome for BatchOutcome {
    fn into_batch_outcome(self) -> BatchOutcome {
        self
    }
}

impl IntoBatchOutcome for () {
    fn into_batch_outcome(self) -> BatchOutcome {
        BatchOutcome::ack()
    }
}

impl<E: Into<HandlerError>> IntoBatchOutcome for Result<(), E> {
    fn into_batch_outcome(self) -> BatchOutcome {
        match self {
            Ok(()) => BatchOutcome::ack(),
            Err(error) => BatchOutcome::fail(error),
        }
    }
}
