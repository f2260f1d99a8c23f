//! What handles records.

mod batch;
mod outcome;
mod permanent;

pub(crate) use batch::{BatchError, BatchFailure};
pub use batch::{BatchHandler, BatchOutcome, IntoBatchOutcome};
pub use outcome::{FailureReason, HandlerError, IntoOutcome, Outcome};
pub use permanent::Permanent;

use std::future::Future;

use crate::record::FromRecord;

/// Handles the records of a message type `T`, one at a time.
///
/// Functions and closures are handlers if they take `T` or [`Record<T>`](crate::Record) (or one of the
/// other arguments of [`FromRecord`]) and return a `Send` future of something that says how it went
/// ([`IntoOutcome`]): `()`, `Result<(), E>` or [`Outcome`].
///
/// A closure that needs state clones it for each record, since several may be handled at once. (An
/// `async move |alert: Alert| …` that captures something is refused: it "does not implement `Fn`".)
///
/// ```no_run
/// # use kafka_model::{KafkaMessage, Topic};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
/// # fn attach(alerts: &Topic<Alert>) -> Result<(), kafka_model::Error> {
/// use std::sync::{Arc, Mutex};
///
/// let texts = Arc::new(Mutex::new(Vec::new()));
/// alerts.handle(move |alert: Alert| {
///     let texts = Arc::clone(&texts);
///     async move {
///         texts.lock().map_err(|_| "poisoned")?.push(alert.text);
///         Ok::<_, &str>(())
///     }
/// })
/// # }
/// ```
///
/// Types that hold state can implement it:
///
/// ```
/// use kafka_model::{Handler, KafkaMessage, Outcome, Record};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
///
/// struct Pager { number: String }
///
/// impl Handler<Alert> for Pager {
///     type Argument = Record<Alert>;
///
///     async fn handle(&self, alert: Record<Alert>) -> Outcome {
///         println!("{}: {}", self.number, alert.text);
///         Outcome::Ack
///     }
/// }
/// ```
///
/// `M` only tells the implementation for functions from a type's own; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle records of `{T}`",
    label = "not a handler for `{T}`",
    note = "a handler is an `async fn` or an async closure that takes `{T}` or `Record<{T}>` and returns `()`, \
            `Result<(), E>` or `Outcome`; its future must be `Send`"
)]
pub trait Handler<T, M = ()>: Send + Sync + 'static {
    /// What it takes.
    type Argument: FromRecord<T>;

    /// Handles one record. A panic counts as a failure.
    fn handle(&self, argument: Self::Argument) -> impl Future<Output = Outcome> + Send;
}

impl<T, A, F, Fut> Handler<T, fn(A)> for F
where
    F: Fn(A) -> Fut + Send + Sync + 'static,
    A: FromRecord<T>,
    Fut: Future + Send,
    Fut::Output: IntoOutcome,
{
    type Argument = A;

    async fn handle(&self, argument: A) -> Outcome {
        self(argument).await.into_outcome()
    }
}
