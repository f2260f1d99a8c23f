//! One run, on a thread of its own: it reads, sends, waits for the acknowledgements, commits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use super::{ANSWER, DeadLetter, Redrive, RedriveReport};
use crate::config;
use crate::error::RedriveError;
use crate::native;
use crate::publish::{Outgoing, SendError};

/// How many records are on their way back at once.
const AT_ONCE: usize = 500;
/// How long is waited for more records before those that were read are sent.
const LINGER: Duration = Duration::from_millis(200);

/// Where a partition ends: nothing from there on is read.
type Ends = HashMap<i32, i64>;

pub(super) fn run(
    redrive: &Redrive,
    tokio: &Handle,
    stop: &AtomicBool,
) -> Result<RedriveReport, RedriveError> {
    let consumer = consumer(redrive)?;
    let mut ends = assign(redrive, &consumer)?;
    let mut report = RedriveReport::default();
    let mut silent_since = Instant::now();
    while !ends.is_empty() {
        let read = read(redrive, &consumer, &mut ends, stop, &mut report);
        if stop.load(Ordering::SeqCst) {
            return Err(RedriveError::Ended {
                reason: "its future was dropped".to_owned(),
            });
        }
        if read.next.is_empty() {
            if silent_since.elapsed() > ANSWER {
                return Err(unreadable(redrive, "no record came for 30 seconds"));
            }
            continue;
        }
        silent_since = Instant::now();
        tokio.block_on(try_join_all(
            read.letters.iter().map(|letter| send(redrive, letter)),
        ))?;
        report.sent += read.letters.len() as u64;
        commit(redrive, &consumer, &read.next)?;
    }
    Ok(report)
}

fn unreadable(redrive: &Redrive, reason: impl ToString) -> RedriveError {
    RedriveError::Unreadable {
        topic: redrive.dead_letter.to_string(),
        reason: reason.to_string(),
    }
}

fn consumer(redrive: &Redrive) -> Result<BaseConsumer, RedriveError> {
    let effective = &redrive.service.effective;
    let mut config = config::probe(effective, &redrive.connection)
        .map_err(|error| unreadable(redrive, error))?;
    config
        .set("group.id", redrive.group())
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .set("check.crcs", "true");
    config
        .create()
        .map_err(|error: KafkaError| unreadable(redrive, config::describe_error(&error)))
}

/// Assigns what is left to read, without joining a group. Partitions with nothing left are not in the result.
fn assign(redrive: &Redrive, consumer: &BaseConsumer) -> Result<Ends, RedriveError> {
    let topic = &*redrive.dead_letter;
    let failed = |error: KafkaError| unreadable(redrive, error);
    let metadata = consumer
        .fetch_metadata(Some(topic), ANSWER)
        .map_err(failed)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions: Vec<i32> = match found {
        Some(found) if found.error().is_none() => {
            found.partitions().iter().map(|one| one.id()).collect()
        }
        _ => {
            return Err(unreadable(
                redrive,
                "the topic does not exist, or may not be read",
            ));
        }
    };
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        list.add_partition(topic, *partition);
    }
    let committed = consumer.committed_offsets(list, ANSWER).map_err(failed)?;
    let (mut ends, mut assigned) = (Ends::new(), TopicPartitionList::new());
    for partition in partitions {
        let (low, high) = consumer
            .fetch_watermarks(topic, partition, ANSWER)
            .map_err(failed)?;
        let begin = match committed
            .find_partition(topic, partition)
            .map(|one| one.offset())
        {
            Some(Offset::Offset(next)) if !redrive.from_beginning => next.max(low),
            _ => low,
        };
        if begin < high {
            ends.insert(partition, high);
            assigned
                .add_partition_offset(topic, partition, Offset::Offset(begin))
                .map_err(failed)?;
        }
    }
    consumer.assign(&assigned).map_err(failed)?;
    Ok(ends)
}

/// What was read in one go, and how far that is.
#[derive(Default)]
struct Read {
    letters: Vec<DeadLetter>,
    next: HashMap<i32, i64>,
}

/// Reads up to so many letters. Partitions that are read to their end are removed from `ends`.
fn read(
    redrive: &Redrive,
    consumer: &BaseConsumer,
    ends: &mut Ends,
    stop: &AtomicBool,
    report: &mut RedriveReport,
) -> Read {
    let mut read = Read::default();
    let mut until = Instant::now() + Duration::from_secs(1);
    while read.letters.len() < AT_ONCE && !ends.is_empty() && !stop.load(Ordering::SeqCst) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match consumer.poll(left.min(LINGER)) {
            Some(Ok(message)) => {
                let raw = native::raw(&message);
                let (partition, offset) = (raw.partition(), raw.offset());
                let Some(end) = ends.get(&partition).copied() else {
                    continue;
                };
                if offset < end {
                    read.next.insert(partition, offset + 1);
                    take(redrive, DeadLetter::read(&raw), &mut read, report);
                }
                if offset + 1 >= end {
                    ends.remove(&partition);
                }
                until = Instant::now() + LINGER;
            }
            // Behind the last record there may be markers of transactions, which are never delivered.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some(end) = ends.remove(&partition) {
                    read.next.insert(partition, end);
                }
            }
            Some(Err(error)) => {
                tracing::debug!(topic = %redrive.dead_letter, %error, "redrive: the client recovers by itself");
            }
            None => {}
        }
    }
    read
}

fn take(
    redrive: &Redrive,
    letter: Option<DeadLetter>,
    read: &mut Read,
    report: &mut RedriveReport,
) {
    let own = |letter: &DeadLetter| {
        letter.topic() == &*redrive.topic.topic
            && letter.group() == Some(redrive.service.group.as_str())
    };
    match letter.filter(own) {
        None => report.foreign += 1,
        Some(letter) if (redrive.filter)(&letter) => read.letters.push(letter),
        Some(_) => report.filtered += 1,
    }
}

async fn send(redrive: &Redrive, letter: &DeadLetter) -> Result<(), RedriveError> {
    let record = Outgoing {
        topic: &redrive.topic.topic,
        key: letter.key(),
        payload: letter.payload(),
        headers: letter.own_headers(),
    };
    let publisher = &redrive.topic.failures.publisher.together;
    match publisher.send(record).await {
        Ok(_) => Ok(()),
        Err(
            SendError::Producer(reason) | SendError::TooLarge(reason) | SendError::Other(reason),
        ) => Err(RedriveError::NotTaken {
            topic: redrive.topic.topic.to_string(),
            partition: letter.partition(),
            offset: letter.offset(),
            reason,
        }),
    }
}

fn commit(
    redrive: &Redrive,
    consumer: &BaseConsumer,
    next: &HashMap<i32, i64>,
) -> Result<(), RedriveError> {
    let failed = |error: KafkaError| RedriveError::NotCommitted {
        group: redrive.group(),
        reason: error.to_string(),
    };
    let mut list = TopicPartitionList::new();
    for (partition, next) in next {
        list.add_partition_offset(&redrive.dead_letter, *partition, Offset::Offset(*next))
            .map_err(failed)?;
    }
    consumer.commit(&list, CommitMode::Sync).map_err(failed)
}
