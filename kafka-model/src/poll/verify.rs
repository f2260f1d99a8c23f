//! Whether a silent partition has something to be read: another client is asked, which is in no group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::Offset as ListOffset;

use super::connect::ProbeContext;
use crate::config::{self, Connection};
use crate::error::ServiceError;
use crate::offset::{NextOffset, Offset};
use crate::runtime::ServiceState;

/// How long all partitions together have to say something.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// The least that the partitions of one topic have of it, while there is some left.
const TOPIC_TIME: Duration = Duration::from_secs(2);
/// How long one poll may take, so that the end of the session is noticed.
const SLICE: Duration = Duration::from_millis(100);

/// A partition that has given nothing for a while.
#[derive(Clone, Debug)]
pub(crate) struct Suspect {
    /// Its assignment.
    pub(crate) epoch: u64,
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// Where it stands; `None`: where the group does.
    pub(crate) position: Option<NextOffset>,
}

/// What another client found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nothing: it stands at the end. Gaps from compaction and transactions lie before the end.
    Nothing,
    /// This record.
    Record(Offset),
    /// No broker answered in time, or one refused.
    Unknown,
}

impl Suspect {
    /// Whether what was found of it holds for a partition that stands at `now`: it does where the partition has not
    /// moved, and a record is still missing where it has not come to it.
    pub(crate) fn holds(&self, finding: Finding, now: Option<NextOffset>) -> bool {
        if now == self.position {
            return true;
        }
        match (finding, now) {
            (Finding::Record(offset), Some(next)) => next.0 <= offset.0,
            _ => false,
        }
    }
}

/// Another client reads on where suspects stand, on a thread of its own.
pub(crate) struct Verification {
    findings: Receiver<Vec<(Suspect, Finding)>>,
    stop: Arc<AtomicBool>,
}

impl Verification {
    /// Begins, with the topic number `first` of those that have suspects. `None` if there is no thread for it.
    pub(crate) fn start(
        service: &Arc<ServiceState>,
        connection: &Connection,
        suspects: Vec<Suspect>,
        first: usize,
    ) -> Option<Self> {
        let (send, findings) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (service, connection) = (Arc::clone(service), connection.clone());
        thread::Builder::new()
            .name(format!("{}-verify", service.thread))
            .spawn(move || {
                let found = verify(&service, &connection, &suspects, first, &stopped);
                let found = found.unwrap_or_else(|error| {
                    tracing::warn!(service = %service.name, %error, "silent partitions cannot be verified");
                    suspects.into_iter().map(|suspect| (suspect, Finding::Unknown)).collect()
                });
                // Nobody may wait for it any more.
                let _ = send.send(found);
            })
            .ok()?;
        Some(Self { findings, stop })
    }

    /// What was found where, once it is all known.
    pub(crate) fn take(&self) -> Option<Vec<(Suspect, Finding)>> {
        match self.findings.try_recv() {
            Ok(findings) => Some(findings),
            Err(TryRecvError::Empty) => None,
            // Its thread is gone.
            Err(TryRecvError::Disconnected) => Some(Vec::new()),
        }
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn verify(
    service: &Arc<ServiceState>,
    connection: &Connection,
    suspects: &[Suspect],
    first: usize,
    stop: &AtomicBool,
) -> Result<Vec<(Suspect, Finding)>, ServiceError> {
    let client: BaseConsumer<ProbeContext> =
        config::verifier(&service.effective, &service.group, connection)?
            .create_with_context(ProbeContext::new(&service.name))
            .map_err(|error| refused(&error))?;
    let client = config::supply(client, &service.name, &service.effective, connection);
    let mut findings = Vec::new();
    // One topic at a time: the word that a partition is at its end does not say of which topic it is.
    let mut topics = by_topic(suspects);
    if !topics.is_empty() {
        // Those that do not answer may leave no time to the last ones: these are not always the same.
        let first = first % topics.len();
        topics.rotate_left(first);
    }
    let until = Instant::now() + ANSWER_TIME;
    let count = topics.len();
    for (index, (topic, mut left)) in topics.into_iter().enumerate() {
        client
            .assign(&positions(&left)?)
            .map_err(|error| refused(&error))?;
        let deadline = share(Instant::now(), until, count - index);
        while !left.is_empty() && Instant::now() < deadline && !stop.load(Ordering::SeqCst) {
            let (partition, finding) = match client.poll(SLICE) {
                // One of another topic would be a leftover from before it was this one's turn.
                Some(Ok(message)) if message.topic() != topic => continue,
                Some(Ok(message)) => (
                    message.partition(),
                    Finding::Record(Offset(message.offset())),
                ),
                Some(Err(KafkaError::PartitionEOF(partition))) => (partition, Finding::Nothing),
                // It goes on trying.
                Some(Err(_)) | None => continue,
            };
            left.retain(|suspect| {
                let is_it = suspect.partition == partition;
                if is_it {
                    note(service, suspect, finding);
                    findings.push(((*suspect).clone(), finding));
                }
                !is_it
            });
        }
        for suspect in left {
            note(service, suspect, Finding::Unknown);
            findings.push((suspect.clone(), Finding::Unknown));
        }
    }
    Ok(findings)
}

fn by_topic(suspects: &[Suspect]) -> Vec<(&str, Vec<&Suspect>)> {
    let mut topics = BTreeMap::<&str, Vec<_>>::new();
    for suspect in suspects {
        topics.entry(&suspect.topic).or_default().push(suspect);
    }
    topics.into_iter().collect()
}

/// Until when one of `topics` that are left may take, of the time until `until`.
fn share(now: Instant, until: Instant, topics: usize) -> Instant {
    let left = until.saturating_duration_since(now);
    let topics = u32::try_from(topics).unwrap_or(u32::MAX).max(1);
    now + (left / topics).max(TOPIC_TIME).min(left)
}

fn note(service: &ServiceState, suspect: &Suspect, finding: Finding) {
    tracing::debug!(
        service = %service.name, topic = %suspect.topic, partition = suspect.partition,
        position = ?suspect.position.map(|next| next.0), ?finding, "silent partition verified",
    );
}

fn positions(suspects: &[&Suspect]) -> Result<TopicPartitionList, ServiceError> {
    let mut list = TopicPartitionList::new();
    for suspect in suspects {
        let offset = suspect
            .position
            .map_or(ListOffset::Stored, |next| ListOffset::Offset(next.0));
        list.add_partition_offset(&suspect.topic, suspect.partition, offset)
            .map_err(|error| refused(&error))?;
    }
    Ok(list)
}

fn refused(error: &KafkaError) -> ServiceError {
    ServiceError::Configuration {
        reason: config::describe_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(topic: &str, partition: i32, position: Option<i64>) -> Suspect {
        Suspect {
            epoch: 1,
            topic: topic.into(),
            partition,
            position: position.map(NextOffset),
        }
    }

    #[test]
    fn what_was_found_holds_until_the_partition_has_gone_on() {
        let found = Finding::Record(Offset(12));
        let next = |next| Some(NextOffset(next));
        let suspect = at("t", 0, Some(10));
        // Markers of transactions lie between.
        assert!(suspect.holds(found, next(10)));
        assert!(suspect.holds(found, next(12)), "it has not come to it");
        assert!(!suspect.holds(found, next(13)), "it has handled it");
        assert!(!suspect.holds(found, next(20)));
        assert!(suspect.holds(Finding::Nothing, next(10)));
        assert!(
            !suspect.holds(Finding::Nothing, next(11)),
            "asked elsewhere"
        );
        assert!(!suspect.holds(Finding::Unknown, next(11)));
        let nowhere = at("t", 0, None);
        assert!(nowhere.holds(found, None));
        assert!(nowhere.holds(found, next(5)));
        assert!(!nowhere.holds(found, next(13)));
    }

    #[test]
    fn all_topics_together_have_one_deadline() {
        let began = Instant::now();
        let until = began + ANSWER_TIME;
        for topics in [1, 3, 100] {
            let mut now = began;
            for index in 0..topics {
                let end = share(now, until, topics - index);
                assert!(end <= until, "{topics}");
                assert!(end - now >= TOPIC_TIME || end == until, "{topics}");
                now = end;
            }
            assert_eq!(now, until, "{topics}");
        }
        assert_eq!(share(until + SLICE, until, 3), until + SLICE, "it is over");
    }

    #[test]
    fn suspects_are_told_apart_by_topic() {
        let suspects = [at("b", 0, None), at("a", 0, None), at("b", 1, None)];
        let of: Vec<_> = by_topic(&suspects)
            .into_iter()
            .map(|(topic, of)| (topic, of.len()))
            .collect();
        assert_eq!(of, [("a", 1), ("b", 2)]);
    }
}
