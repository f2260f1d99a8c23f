//! A dead letter as a filter sees it.

use std::fmt;

use crate::failure::{PREFIX, Source};
use crate::native::RawMessage;

/// A record of a dead-letter topic, to decide whether it goes back.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub(super) source: Source,
    pub(super) key: Option<Vec<u8>>,
    pub(super) payload: Option<Vec<u8>>,
    /// All headers; a name that is not UTF-8 has a replacement character where it is not.
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
}

impl DeadLetter {
    /// `None`: the record has no headers that say where it came from.
    pub(super) fn read(message: &RawMessage<'_>) -> Option<Self> {
        let mut headers = Vec::new();
        message.headers(|key, value| {
            let key = String::from_utf8_lossy(key).into_owned();
            headers.push((key, value.map(<[u8]>::to_vec)));
        });
        Some(Self {
            source: Source::find(|fact| text(&headers, fact))?,
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            headers,
        })
    }

    /// The record's key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// The record's payload; `None` for a tombstone.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.payload.as_deref()
    }

    /// The value of the last header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.headers.iter().rev().find(|(key, _)| key == name)?;
        value.as_deref()
    }

    /// The partition that it came from.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.source.partition
    }

    /// The offset that it had there.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.source.offset
    }

    /// How often it was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.source.attempts
    }

    /// Why it failed, in one word: [`FailureReason::kind`](crate::FailureReason::kind).
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        text(&self.headers, "reason")
    }

    /// Why it failed; `None` if that did not fit.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        text(&self.headers, "message")
    }

    /// When it failed, in milliseconds since 1970.
    #[must_use]
    pub fn failed_at(&self) -> Option<i64> {
        text(&self.headers, "time")?.parse().ok()
    }

    /// The group that could not handle it.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        text(&self.headers, "group")
    }

    /// The topic that it came from.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.source.topic
    }

    /// Its own headers, without those that tell its story.
    pub(super) fn own_headers(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let own = |(key, _): &&(String, _)| !key.starts_with(PREFIX);
        self.headers.iter().filter(own).cloned().collect()
    }
}

fn text<'a>(headers: &'a [(String, Option<Vec<u8>>)], fact: &str) -> Option<&'a str> {
    let (_, value) = headers
        .iter()
        .rev()
        .find(|(key, _)| key.strip_prefix(PREFIX) == Some(fact))?;
    std::str::from_utf8(value.as_deref()?).ok()
}

/// Without what is in it, which may be a secret.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("topic", &self.source.topic)
            .field("partition", &self.source.partition)
            .field("offset", &self.source.offset)
            .field("attempts", &self.source.attempts)
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}
