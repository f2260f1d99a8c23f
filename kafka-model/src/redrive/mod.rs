//! Sending dead letters back to where they came from.

mod error;
mod letter;
mod run;

pub use error::RedriveError;
pub use letter::DeadLetter;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::config::Connection;
use crate::runtime::{ServiceState, TopicState};

type Filter = Box<dyn Fn(&DeadLetter) -> bool + Send>;

/// Sends the dead letters of a topic back to it: [`Topic::redrive`](crate::Topic::redrive).
///
/// It takes the records that are in the dead-letter topic when it begins and that this topic's service put there:
/// dead letters of other topics and of other groups stay where they are. Each goes back with its own key, payload
/// and headers (but for those that it had to leave behind: `headers_left_out`), to the partition that it came from,
/// and counts as a new record: behind what came meanwhile.
///
/// How far it came is remembered as the committed offsets of a group, `<group>-redrive`, or
/// `<group>-redrive-<name>`: one that was interrupted goes on there, and one that is run again only takes what is
/// new. An offset is committed when all records before it are acknowledged where they went, so that none is left
/// out; those since the last commit may go twice if it is killed. Kafka forgets the offsets of a group without members
/// after `offsets.retention.minutes`, a week by default: who runs it less often than that begins anew. Two runs of one
/// name at once would both send everything. The dead-letter topic itself is not changed.
///
/// ```no_run
/// # use kafka_model::{KafkaMessage, Topic};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "orders", dead_letter = "orders.dead")]
/// # struct Order { id: u64 }
/// # async fn redrive(orders: &Topic<Order>) -> Result<(), kafka_model::Error> {
/// let report = orders
///     .redrive()?
///     .filter(|letter| letter.reason() == Some("handler"))
///     .run()
///     .await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `run()`"]
pub struct Redrive {
    topic: Arc<TopicState>,
    service: Arc<ServiceState>,
    connection: Connection,
    dead_letter: Arc<str>,
    name: Option<String>,
    from_beginning: bool,
    filter: Filter,
}

impl Redrive {
    pub(crate) fn new(
        topic: Arc<TopicState>,
        service: Arc<ServiceState>,
        connection: Connection,
    ) -> Result<Self, RedriveError> {
        let Some(dead_letter) = topic.failures.dead_letter.clone() else {
            return Err(RedriveError::NoDeadLetterTopic { field: topic.field });
        };
        Ok(Self {
            topic,
            service,
            connection,
            dead_letter,
            name: None,
            from_beginning: false,
            filter: Box::new(|_| true),
        })
    }

    /// Sends only those that `filter` takes. The others are passed over, also by the next run of this name.
    pub fn filter(mut self, filter: impl Fn(&DeadLetter) -> bool + Send + 'static) -> Self {
        self.filter = Box::new(filter);
        self
    }

    /// Remembers how far it came under a name of its own: for another filter over the same dead letters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Begins with the oldest dead letter, however far an earlier run came: those that it sent go again.
    pub fn from_beginning(mut self) -> Self {
        self.from_beginning = true;
        self
    }

    /// Sends them, and returns when all that were there when it began are dealt with.
    ///
    /// Dropping the future ends it, at the latest when a broker has answered or after half a minute; the next run goes
    /// on there.
    ///
    /// # Errors
    /// [`RedriveError`]: the brokers or the dead-letter topic cannot be read, a record was not taken back, or
    /// progress could not be committed. What was committed before stays so: run it again.
    pub async fn run(self) -> Result<RedriveReport, crate::Error> {
        let stop = Stop(Arc::default());
        let stopped = Arc::clone(&stop.0);
        let tokio = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || run::run(&self, &tokio, &stopped));
        let report = work.await.map_err(|error| RedriveError::Ended {
            reason: error.to_string(),
        })??;
        drop(stop);
        Ok(report)
    }

    /// The group whose committed offsets say how far it came.
    fn group(&self) -> String {
        let group = &self.service.group;
        match &self.name {
            Some(name) => format!("{group}-redrive-{name}"),
            None => format!("{group}-redrive"),
        }
    }
}

impl std::fmt::Debug for Redrive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redrive")
            .field("from", &self.dead_letter)
            .field("to", &self.topic.topic)
            .field("group", &self.group())
            .finish_non_exhaustive()
    }
}

/// Ends a run whose future is dropped.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What became of the records that were in a dead-letter topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedriveReport {
    /// Records that went back.
    pub sent: u64,
    /// Records of this topic and group that the filter did not take.
    pub filtered: u64,
    /// Records of other topics or groups, and such that do not say where they came from.
    pub foreign: u64,
}

impl std::fmt::Display for RedriveReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            sent,
            filtered,
            foreign,
        } = self;
        write!(
            f,
            "{sent} sent back, {filtered} left out by the filter, {foreign} of other topics or groups"
        )
    }
}

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
