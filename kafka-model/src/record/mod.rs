//! A record as a handler sees it.

mod batch;
mod from_record;
mod headers;
mod payload;

pub(crate) use batch::{Batch, BatchBuilder};
pub use from_record::FromRecord;
pub(crate) use from_record::OriginRef;
pub use headers::{Header, Headers};
pub use payload::Payload;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A decoded value with everything that Kafka keeps beside it.
///
/// It dereferences to the value:
///
/// ```
/// # use kafka_model::{KafkaMessage, Record};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
/// async fn show(alert: Record<Alert>) {
///     println!("{} (from {}[{}]@{})", alert.text, alert.topic(), alert.partition(), alert.offset());
/// }
/// ```
///
/// Key and headers are views into the batch that the record came in; holding a `Record` keeps that
/// batch in memory.
pub struct Record<T> {
    value: T,
    origin: Origin,
}

impl<T> Record<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The decoded payload.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The decoded payload, taken out.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The topic it came from.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.origin.batch.topic()
    }

    /// The partition it came from.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.origin.batch.partition().id()
    }

    /// Its offset in that partition.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.origin.batch.offset(self.origin.index).0
    }

    /// The key's bytes; `None` for a null key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.origin.batch.key(self.origin.index)
    }

    /// Which attempt at it this is: 1 for the first, more after a failure (`retry(...)`).
    ///
    /// It counts the attempts of this process since it read the record; and, of a record from a retry topic, those
    /// before it went there. A record that is delivered again, after a rebalance or a crash, begins anew.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.origin.attempt
    }

    /// The headers, in the order in which they were written.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.origin.batch.headers(self.origin.index)
    }

    /// When it was created or appended, as the topic's `message.timestamp.type` says.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.origin.batch.timestamp(self.origin.index)
    }
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Where the record came from, and its value; neither key nor headers, which may be confidential.
impl<T: fmt::Debug> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// A record's timestamp, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timestamp {
    /// The record has none.
    None,
    /// Set by the producer.
    Created(i64),
    /// Set by the broker when it appended the record.
    Appended(i64),
}

impl Timestamp {
    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn millis(self) -> Option<i64> {
        match self {
            Self::None => None,
            Self::Created(millis) | Self::Appended(millis) => Some(millis),
        }
    }

    /// As a point in time; `None` also for one before 1970.
    #[must_use]
    pub fn time(self) -> Option<SystemTime> {
        let millis = u64::try_from(self.millis()?).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    }
}

/// A record's place in the batch that it was read with.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) batch: Arc<Batch>,
    pub(crate) index: usize,
    /// How often it was handed to a handler, with this time.
    pub(crate) attempt: u32,
}
