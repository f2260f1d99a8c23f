//! A payload that is not decoded yet.

use std::fmt;

use serde::Deserialize;

use super::{FromRecord, Origin, OriginRef, Record};
use crate::KafkaMessage;
use crate::decode::{self, DecodeError};

/// The payload of a record as it is: for handlers that borrow from it, or want nothing but its bytes.
///
/// A handler that takes the message type gets a value of its own, whose texts are copies. One that takes this decodes
/// into a type that borrows them, or looks at the bytes alone:
///
/// ```
/// use kafka_model::{DecodeError, KafkaMessage, Payload, Topic};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "lines")]
/// struct Line { host: String, text: String }
///
/// /// The same, without a copy.
/// #[derive(Deserialize)]
/// struct LineRef<'a> { host: &'a str, text: &'a str }
///
/// async fn count(payload: Payload) -> Result<(), DecodeError> {
///     let line: LineRef<'_> = payload.decode()?;
///     println!("{}: {} bytes", line.host, line.text.len());
///     Ok(())
/// }
/// # fn attach(lines: &Topic<Line>) -> Result<(), kafka_model::Error> {
/// lines.handle(count)
/// # }
/// ```
///
/// `Record<Payload>` has key, headers, offset and timestamp as well. Keeping either keeps the batch in memory that the
/// record came in.
pub struct Payload(Origin);

impl Payload {
    /// The bytes; `None` for a record without a payload (a tombstone).
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.0.batch.payload(self.0.index)
    }

    /// What the payload is the JSON of; texts in it can be borrowed as far as they are written without escapes.
    ///
    /// # Errors
    /// [`DecodeError`]. A handler that returns it has failed for good: trying again cannot help.
    pub fn decode<'a, V: Deserialize<'a>>(&'a self) -> Result<V, DecodeError> {
        decode::json(self.bytes().ok_or(DecodeError::NullPayload)?)
    }
}

/// Its length alone: what it says may be confidential.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("len", &self.bytes().map(<[u8]>::len))
            .finish_non_exhaustive()
    }
}

impl<T: KafkaMessage> FromRecord<T> for Payload {
    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        Ok(Self(origin.to_owned()))
    }
}

impl<T: KafkaMessage> FromRecord<T> for Record<Payload> {
    const HEADERS: bool = true;

    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(Payload(origin.to_owned()), origin.to_owned()))
    }
}
