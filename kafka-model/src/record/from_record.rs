//! What a handler can take for an argument.

use std::sync::Arc;

use super::{Batch, Origin, Record};
use crate::KafkaMessage;
use crate::decode::{self, DecodeError};

/// An argument that a handler of the message type `T` can take.
///
/// | argument | what it gets |
/// |---|---|
/// | `T` | the decoded value |
/// | [`Record<T>`] | the value with its key, headers, timestamp and position |
/// | [`Payload`](crate::Payload), `Record<Payload>` | the payload as it is, to borrow from |
/// | `Option<T>`, `Record<Option<T>>` | the same, and `None` for a record without a payload (a tombstone), which is otherwise a failure |
#[diagnostic::on_unimplemented(
    message = "a handler for `{T}` cannot take `{Self}`; take `{T}` or `Record<{T}>`",
    label = "not an argument for a handler of `{T}`",
    note = "`Option<{T}>` and `Record<Option<{T}>>` also get records without a payload"
)]
pub trait FromRecord<T>: Sized + Send + sealed::Sealed<T> {
    /// Whether it shows the record's headers, so that they must be kept.
    #[doc(hidden)]
    const HEADERS: bool = false;

    #[doc(hidden)]
    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError>;
}

/// A record that is to be decoded.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct OriginRef<'a> {
    pub(crate) batch: &'a Arc<Batch>,
    pub(crate) index: usize,
    pub(crate) attempt: u32,
}

impl OriginRef<'_> {
    fn payload(&self) -> Option<&[u8]> {
        self.batch.payload(self.index)
    }

    /// The same, to be kept.
    pub(crate) fn to_owned(self) -> Origin {
        Origin {
            batch: Arc::clone(self.batch),
            index: self.index,
            attempt: self.attempt,
        }
    }
}

mod sealed {
    pub trait Sealed<T> {}
    impl<T: crate::KafkaMessage> Sealed<T> for T {}
    impl<T: crate::KafkaMessage> Sealed<T> for Option<T> {}
    impl<T: crate::KafkaMessage> Sealed<T> for super::Record<T> {}
    impl<T: crate::KafkaMessage> Sealed<T> for super::Record<Option<T>> {}
    impl<T: crate::KafkaMessage> Sealed<T> for crate::Payload {}
    impl<T: crate::KafkaMessage> Sealed<T> for super::Record<crate::Payload> {}
}

impl<T: KafkaMessage> FromRecord<T> for T {
    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        decode::json(origin.payload().ok_or(DecodeError::NullPayload)?)
    }
}

impl<T: KafkaMessage> FromRecord<T> for Option<T> {
    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        origin.payload().map(decode::json).transpose()
    }
}

impl<T: KafkaMessage> FromRecord<T> for Record<T> {
    const HEADERS: bool = true;

    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(T::from_record(origin)?, origin.to_owned()))
    }
}

impl<T: KafkaMessage> FromRecord<T> for Record<Option<T>> {
    const HEADERS: bool = true;

    fn from_record(origin: OriginRef<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(
            Option::<T>::from_record(origin)?,
            origin.to_owned(),
        ))
    }
}
