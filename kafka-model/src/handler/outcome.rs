//! How handling a record went.

use std::error::Error;
use std::fmt;

/// An error of a handler: anything that `?` can turn into a boxed error.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// How handling a record went.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done: its offset may be committed.
    Ack,
    /// It failed, and may be tried again: as the type's `retry(...)` says, and then its `on_failure`.
    Fail(HandlerError),
    /// It failed, and trying again cannot mend it: what happens now is the type's `on_failure`.
    Reject(HandlerError),
}

impl Outcome {
    /// A failure because of `error`.
    pub fn fail(error: impl Into<HandlerError>) -> Self {
        Self::Fail(error.into())
    }

    /// A failure because of `error`, which trying again cannot mend.
    pub fn reject(error: impl Into<HandlerError>) -> Self {
        Self::Reject(error.into())
    }
}

impl<E: Into<HandlerError>> From<Result<(), E>> for Outcome {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Ack,
            Err(error) => Self::Fail(error.into()),
        }
    }
}

/// What a handler may return.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "says nothing about how handling went",
    note = "return `()`, `Result<(), E>` with an error that converts into `Box<dyn Error + Send + Sync>`, or \
            `Outcome`"
)]
pub trait IntoOutcome {
    /// As an outcome.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Ack
    }
}

impl<E: Into<HandlerError>> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> Outcome {
        self.into()
    }
}

/// Why a record was not handled.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FailureReason {
    /// Its payload could not be decoded.
    #[error(transparent)]
    Decode(#[from] crate::decode::DecodeError),
    /// The handler returned an error.
    #[error("the handler failed: {0}")]
    Handler(String),
    /// The handler panicked.
    #[error("the handler panicked: {0}")]
    Panic(String),
    /// The client could not read it: its checksum is wrong, its format is unknown, or there is no offset to read
    /// from and `auto_offset_reset = "error"`.
    #[error("it could not be read: {0}")]
    Unreadable(String),
    /// It was pulled from a stream and dropped without an acknowledgement.
    #[error("it was pulled from the stream and dropped without `ack()` or `fail()`")]
    Unacknowledged,
    /// More records would have gone to the dead-letter topic than `dead_letter(limit = …)` allows: something else
    /// than this record must be wrong.
    #[error(
        "{cause}; and `dead_letter(limit = \"{limit}\")` is reached, so it does not go to the dead-letter topic"
    )]
    DeadLetterLimit {
        /// The limit.
        limit: String,
        /// Why the record failed.
        cause: Box<FailureReason>,
    },
    /// The record is too large for the topic that it should go to, even with no more headers than it needs.
    #[error(
        "{cause}; and it is too large for the topic `{topic}`, where it should go: raise that topic's `max.message.bytes`"
    )]
    TooLarge {
        /// The dead-letter topic, or the retry topic.
        topic: String,
        /// Why the record failed.
        cause: Box<FailureReason>,
    },
}

impl FailureReason {
    /// In one word: `decode`, `handler`, `panic`, `unreadable` or `unacknowledged`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Decode(_) => "decode",
            Self::Handler(_) => "handler",
            Self::Panic(_) => "panic",
            Self::Unreadable(_) => "unreadable",
            Self::Unacknowledged => "unacknowledged",
            Self::DeadLetterLimit { cause, .. } | Self::TooLarge { cause, .. } => cause.kind(),
        }
    }

    /// The reason for a handler's error: its text and those of its sources.
    pub(crate) fn handler(error: &HandlerError) -> Self {
        Self::Handler(Chain(&**error).to_string())
    }

    /// The reason for a panic with this payload.
    pub(crate) fn panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panic(
            text.unwrap_or("with something that is not a text")
                .to_owned(),
        )
    }
}

/// An error with its sources, in one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
