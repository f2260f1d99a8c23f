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

/// Which attempt this is at a record from a retry topic, if it is the `attempt`th since it was read. Anybody can
/// write to that topic, and any number.
pub(crate) fn attempt_in_all(headers: Headers<'_>, attempt: u32) -> u32 {
    let before: u32 = text(headers, "attempts")
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    before.saturating_add(attempt)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::lane::Partition;
    use crate::offset::Offset;
    use crate::record::{Batch, BatchBuilder, Timestamp};
    use crate::testing::cases;

    type Own = Vec<(Vec<u8>, Option<Vec<u8>>)>;

    /// A record of `came[3]`, offset 7, with these headers.
    fn origin(headers: &Own, attempt: u32) -> Origin {
        let partition = Arc::new(Partition::new(Arc::from("came"), 3, 1, || ()));
        let mut builder = BatchBuilder::with_capacity(0, 0);
        for (key, value) in headers {
            builder.header(key, value.as_deref());
        }
        builder.push(Offset(7), Timestamp::Created(5), None, None);
        let batch: Batch = builder.build(partition);
        Origin {
            batch: Arc::new(batch),
            index: 0,
            attempt,
        }
    }

    fn facts(reason: &FailureReason) -> Facts<'_> {
        Facts {
            group: "group",
            message_type: "Type",
            reason,
            at: UNIX_EPOCH + Duration::from_millis(9),
        }
    }

    fn sent(own: &Own, source: &Source, reason: &FailureReason, reduced: bool) -> Own {
        let origin = origin(own, 1);
        let sent = outgoing(origin.batch.headers(0), source, facts(reason), reduced);
        sent.into_iter()
            .map(|(key, value)| (key.into_bytes(), value))
            .collect()
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..12)
    }

    /// Headers of anyone: any bytes, and ours with any value.
    fn headers() -> impl Strategy<Value = Own> {
        let facts = [
            "topic",
            "partition",
            "offset",
            "timestamp",
            "attempts",
            "",
            "other",
        ];
        let ours = prop::sample::select(facts.to_vec())
            .prop_map(|fact| format!("{PREFIX}{fact}").into_bytes());
        let numbers = prop_oneof![
            any::<i128>().prop_map(|n| n.to_string()),
            any::<u32>().prop_map(|n| n.to_string())
        ];
        let value = prop_oneof![bytes(), numbers.prop_map(String::into_bytes)];
        let key = prop_oneof![3 => bytes(), 2 => ours];
        let any = prop::collection::vec((key, prop::option::of(value)), 0..10);
        // Sometimes all that a source is made of.
        (any, prop::option::of(source())).prop_map(|(mut headers, source)| {
            let whole = source.map(|source| {
                let Source {
                    topic,
                    partition,
                    offset,
                    ..
                } = source;
                [
                    ("topic", topic),
                    ("partition", partition.to_string()),
                    ("offset", offset.to_string()),
                ]
            });
            for (fact, value) in whole.into_iter().flatten() {
                headers.push((
                    format!("{PREFIX}{fact}").into_bytes(),
                    Some(value.into_bytes()),
                ));
            }
            headers
        })
    }

    fn source() -> impl Strategy<Value = Source> {
        (
            any::<String>(),
            any::<i32>(),
            any::<i64>(),
            any::<Option<i64>>(),
            any::<u32>(),
        )
            .prop_map(|(topic, partition, offset, timestamp, attempts)| Source {
                topic,
                partition,
                offset,
                timestamp,
                attempts,
            })
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// Also where the record had such headers before: the last word holds.
        #[test]
        fn what_is_sent_is_read_back(own in headers(), source in source(), reduced in any::<bool>()) {
            let reason = FailureReason::Unacknowledged;
            let sent = sent(&own, &source, &reason, reduced);
            let arrived = origin(&sent, 1);
            prop_assert_eq!(Source::read(arrived.batch.headers(0)), Some(source.clone()));
            prop_assert_eq!(attempt_in_all(arrived.batch.headers(0), 1), source.attempts.saturating_add(1));
            let ours = |header: &&(Vec<u8>, Option<Vec<u8>>)| header.0.starts_with(PREFIX.as_bytes());
            let kept: Own = sent.iter().filter(|header| !ours(header)).cloned().collect();
            let mut expected: Own = own.into_iter().filter(|header| !ours(&header)).collect();
            for (key, _) in &mut expected {
                *key = String::from_utf8_lossy(key).into_owned().into_bytes();
            }
            prop_assert_eq!(kept, if reduced { Own::new() } else { expected });
        }

        /// From retry topic to retry topic a record keeps its source, and its headers do not grow.
        #[test]
        fn a_source_survives_every_hop(own in headers(), attempts in prop::collection::vec(1..9_u32, 1..4)) {
            let reason = FailureReason::Unacknowledged;
            let first = Source::of(&origin(&own, 1), false);
            let mut headers = sent(&own, &first, &reason, false);
            let size = headers.len();
            for attempt in attempts {
                let source = Source::of(&origin(&headers, attempt), true);
                prop_assert_eq!(&source, &Source { attempts: attempt, ..first.clone() });
                headers = sent(&headers, &source, &reason, false);
                prop_assert_eq!(headers.len(), size);
            }
        }

        /// What a record of an ordinary topic says of itself is not believed; of one from a retry topic, all of it or
        /// nothing.
        #[test]
        fn foreign_headers_are_not_trusted(headers in headers(), attempt in any::<u32>()) {
            let origin = origin(&headers, attempt);
            let own = Source {
                topic: "came".to_owned(),
                partition: 3,
                offset: 7,
                timestamp: Some(5),
                attempts: attempt,
            };
            prop_assert_eq!(Source::of(&origin, false), own.clone());
            let expected = Source::read(origin.batch.headers(0))
                .map_or(own, |came| Source { attempts: attempt, ..came });
            prop_assert_eq!(Source::of(&origin, true), expected);
            prop_assert!(attempt_in_all(origin.batch.headers(0), attempt) >= attempt);
        }

        #[test]
        fn a_message_is_cut_between_characters(text in "[aé日]{0,3000}") {
            let error: crate::handler::HandlerError = text.clone().into();
            let reason = FailureReason::handler(&error);
            let whole = reason.to_string();
            let sent = sent(&Own::new(), &Source::of(&origin(&Own::new(), 1), false), &reason, false);
            let (_, message) = sent.last().unwrap();
            let message = std::str::from_utf8(message.as_deref().unwrap()).unwrap();
            prop_assert!(whole.starts_with(message) && message.len() <= LONGEST_MESSAGE);
            prop_assert!(message == whole || message.len() + 3 >= LONGEST_MESSAGE);
        }
    }
}
