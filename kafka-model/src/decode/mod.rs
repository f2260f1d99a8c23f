//! From a payload's bytes to a value, and back.

#[cfg(test)]
mod generated;
mod reason;

use std::panic::{self, AssertUnwindSafe};

use serde::{Deserialize, Serialize};

/// Why a payload could not be decoded.
///
/// The texts never contain anything of the payload, which may be confidential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The record has no payload (it is a tombstone), and the handler takes none.
    #[error(
        "the record has no payload (a tombstone); let the handler take `Option<T>` to accept such records"
    )]
    NullPayload,
    /// The payload is not JSON, or is JSON that does not fit the type.
    #[error("the payload is not the JSON of the type: {reason}, at line {line}, column {column}")]
    Json {
        /// What is wrong, without the payload's own values.
        reason: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// The type's own `Deserialize` panicked. Its text may quote the payload, so it is not kept.
    #[error("the type's `Deserialize` panicked")]
    Panic,
}

/// The value that `payload` is the JSON of.
pub(crate) fn json<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, DecodeError> {
    // A panic would end the worker, and with it all that waits behind this record. Nothing that it leaves
    // half done is seen again.
    let decode = AssertUnwindSafe(|| serde_json::from_slice(payload));
    let decoded = panic::catch_unwind(decode).map_err(|_| DecodeError::Panic)?;
    decoded.map_err(|error| DecodeError::Json {
        reason: reason::without_values(&error),
        line: error.line(),
        column: error.column(),
    })
}

/// `value` as JSON.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(value)
}
