//! The headers of a record that goes to a retry topic or to a dead-letter topic.
//!
//! They are named as Kafka's own components name theirs, `__<component>.errors.<fact>` (Connect's
//! `__connect.errors.topic`, KIP-298; Streams' `__streams.errors.topic`, KIP-1034), and their values are texts, so
//! that any tool shows them.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::handler::FailureReason;
use crate::record::{Headers, Origin};

/// What the names of all these headers begin with.
pub const PREFIX: &str = "__kafka_model.errors.";

/// How much of an error's text is kept.
const LONGEST_MESSAGE: usize = 2_048;

/// Where a record came from at first, and how often it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp: Option<i64>,
    pub(crate) attempts: u32,
}

impl Source {
    /// Of a record that was tried so often since it was read. From a retry topic it brings its source along.
    pub(crate) fn of(origin: &Origin, from_retry_topic: bool) -> Self {
        let Origin {
            batch,
            index,
            attempt,
        } = origin;
        let came = from_retry_topic
            .then(|| Self::read(batch.headers(*index)))
            .flatten();
        let own = Self {
            topic: batch.topic().to_owned(),
            partition: batch.partition().id(),
            offset: batch.offset(*index).0,
            timestamp: batch.timestamp(*index).millis(),
            attempts: *attempt,
        };
        came.map_or(own, |came| Self {
            attempts: *attempt,
            ..came
        })
    }

    /// What the headers say; `None` if they do not say where it came from.
    fn read(headers: Headers<'_>) -> Option<Self> {
        Self::find(|fact| text(headers, fact))
    }

    /// What the headers say of which `text` gives the text of one; `None` if they do not say where it came from.
    pub(crate) fn find<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        Some(Self {
            topic: text("topic")?.to_owned(),
            partition: text("partition")?.parse().ok()?,
            offset: text("offset")?.parse().ok()?,
            timestamp: text("timestamp").and_then(|millis| millis.parse().ok()),
            attempts: text("attempts")
                .and_then(|number| number.parse().ok())
                .unwrap_or(0),
        })
    }
}

/// How often a record from a retry topic was tried before it went there.
pub(crate) fn attempts_before(headers: Headers<'_>) -> u32 {
    text(headers, "attempts")
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

fn text<'a>(headers: Headers<'a>, fact: &str) -> Option<&'a str> {
    let header = headers.iter().rev().find(|header| {
        header
            .key_bytes()
            .strip_prefix(PREFIX.as_bytes())
            .is_some_and(|name| name == fact.as_bytes())
    })?;
    std::str::from_utf8(header.value()?).ok()
}

/// A header to be sent. A name that is not UTF-8 has a replacement character where it is not.
pub(crate) type Outgoing = (String, Option<Vec<u8>>);

/// What else is said of a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) group: &'a str,
    pub(crate) message_type: &'a str,
    pub(crate) reason: &'a FailureReason,
    pub(crate) at: SystemTime,
}

/// The headers that a failed record takes along: its own, and those that say where it came from, when, why and how
/// often it failed, and for whom. `reduced`: with none of its own and no text, because it was too large.
pub(crate) fn outgoing(
    own: Headers<'_>,
    source: &Source,
    facts: Facts<'_>,
    reduced: bool,
) -> Vec<Outgoing> {
    let mut all: Vec<Outgoing> = own
        .iter()
        .filter(|header| !header.key_bytes().starts_with(PREFIX.as_bytes()))
        .map(|header| {
            let name = String::from_utf8_lossy(header.key_bytes()).into_owned();
            (name, header.value().map(<[u8]>::to_vec))
        })
        .collect();
    let left_out = if reduced {
        std::mem::take(&mut all).len()
    } else {
        0
    };
    let mut add = |fact: &str, value: String| {
        all.push((format!("{PREFIX}{fact}"), Some(value.into_bytes())));
    };
    add("topic", source.topic.clone());
    add("partition", source.partition.to_string());
    add("offset", source.offset.to_string());
    if let Some(timestamp) = source.timestamp {
        add("timestamp", timestamp.to_string());
    }
    add("attempts", source.attempts.to_string());
    add("group", facts.group.to_owned());
    add("type", facts.message_type.to_owned());
    add("reason", facts.reason.kind().to_owned());
    let since = facts.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    add("time", since.as_millis().to_string());
    if reduced {
        add("headers_left_out", left_out.to_string());
    } else {
        let mut message = facts.reason.to_string();
        message.truncate(boundary(&message, LONGEST_MESSAGE));
        add("message", message);
    }
    all
}

/// The last character boundary of `text` that is not behind `at`. (The standard library's is newer than our MSRV.)
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0)
}
