//! One run, on a thread of its own: it reads, sends, waits for the acknowledgements, commits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;

use super::{ANSWER, DeadLetter, Redrive, RedriveError, RedriveReport};
use crate::config;
use crate::native;
use crate::publish::{Outgoing, SendError};

/// How many records are on their way back at once.
const AT_ONCE: usize = 500;
/// How long is waited for more records before those that were read are sent.
const LINGER: Duration = Duration::from_millis(200);
/// How often it is looked whether the run is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// Offsets by partition of the dead-letter topic.
type Offsets = HashMap<i32, i64>;

pub(super) fn run(
    redrive: &Redrive,
    tokio: &Handle,
    stop: &AtomicBool,
) -> Result<RedriveReport, RedriveError> {
    let consumer = consumer(redrive)?;
    let partitions = partitions(redrive, &consumer, &redrive.topic.topic)?.len();
    let Assigned { begin, mut ends } = assign(redrive, &consumer)?;
    // Also where there is nothing new: Kafka forgets what was committed for a group without members in a week.
    commit(redrive, &consumer, &begin)?;
    let mut report = RedriveReport::default();
    let mut silent_since = Instant::now();
    while !ends.is_empty() {
        let mut read = read(redrive, &consumer, &mut ends, stop, &mut report)?;
        if stop.load(Ordering::SeqCst) {
            return Err(dropped());
        }
        if read.next.is_empty() {
            if silent_since.elapsed() > ANSWER {
                return Err(unreadable(redrive, "no record came for 30 seconds"));
            }
            continue;
        }
        silent_since = Instant::now();
        let sending = join_all(
            read.letters
                .iter()
                .map(|placed| send(redrive, &placed.letter, partitions)),
        );
        let sent = tokio.block_on(async {
            tokio::select! {
                sent = sending => Ok(sent),
                () = until(stop) => Err(dropped()),
            }
        })?;
        let mut refused = None;
        for (placed, sent) in read.letters.iter().zip(sent) {
            match sent {
                Ok(()) => report.sent += 1,
                Err(error) => {
                    // The next run begins with it.
                    let next = read.next.entry(placed.partition).or_insert(placed.offset);
                    *next = placed.offset.min(*next);
                    refused.get_or_insert(error);
                }
            }
        }
        commit(redrive, &consumer, &read.next)?;
        if let Some(error) = refused {
            return Err(error);
        }
    }
    Ok(report)
}

async fn until(stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        tokio::time::sleep(LOOK).await;
    }
}

fn dropped() -> RedriveError {
    RedriveError::Ended {
        reason: "its future was dropped".to_owned(),
    }
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
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true");
    config
        .create()
        .map_err(|error: KafkaError| unreadable(redrive, config::describe_error(&error)))
}

fn partitions(
    redrive: &Redrive,
    consumer: &BaseConsumer,
    topic: &str,
) -> Result<Vec<i32>, RedriveError> {
    let metadata = consumer
        .fetch_metadata(Some(topic), ANSWER)
        .map_err(|error| unreadable(redrive, error))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found {
        Some(found) if found.error().is_none() && !found.partitions().is_empty() => {
            Ok(found.partitions().iter().map(|one| one.id()).collect())
        }
        _ => Err(unreadable(
            redrive,
            format!("the topic `{topic}` does not exist, or may not be used"),
        )),
    }
}

/// Where each partition is begun, and where those end that have something to read.
struct Assigned {
    begin: Offsets,
    ends: Offsets,
}

/// Assigns what is left to read, without joining a group.
fn assign(redrive: &Redrive, consumer: &BaseConsumer) -> Result<Assigned, RedriveError> {
    let topic = &*redrive.dead_letter;
    let failed = |error: KafkaError| unreadable(redrive, error);
    let partitions = partitions(redrive, consumer, topic)?;
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        list.add_partition(topic, *partition);
    }
    let committed = consumer.committed_offsets(list, ANSWER).map_err(failed)?;
    let (mut begin, mut ends) = (Offsets::new(), Offsets::new());
    let mut assigned = TopicPartitionList::new();
    for partition in partitions {
        let (low, high) = consumer
            .fetch_watermarks(topic, partition, ANSWER)
            .map_err(failed)?;
        let committed = committed.find_partition(topic, partition);
        let first = match committed.map(|one| one.offset()) {
            // Above the end it is of a topic of this name that is no more.
            Some(Offset::Offset(next)) if !redrive.from_beginning && next <= high => next.max(low),
            _ => low,
        };
        begin.insert(partition, first);
        if first < high {
            ends.insert(partition, high);
            assigned
                .add_partition_offset(topic, partition, Offset::Offset(first))
                .map_err(failed)?;
        }
    }
    consumer.assign(&assigned).map_err(failed)?;
    Ok(Assigned { begin, ends })
}

/// A dead letter and where it is.
struct Placed {
    partition: i32,
    offset: i64,
    letter: DeadLetter,
}

/// What was read in one go, and how far that is.
#[derive(Default)]
struct Read {
    letters: Vec<Placed>,
    next: Offsets,
}

/// Reads up to so many letters. Partitions that are read to their end are removed from `ends`.
fn read(
    redrive: &Redrive,
    consumer: &BaseConsumer,
    ends: &mut Offsets,
    stop: &AtomicBool,
    report: &mut RedriveReport,
) -> Result<Read, RedriveError> {
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
                    if let Some(letter) = take(redrive, DeadLetter::read(&raw), report) {
                        read.letters.push(Placed {
                            partition,
                            offset,
                            letter,
                        });
                    }
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
            Some(Err(error)) if is_final(&error) => {
                return Err(unreadable(redrive, config::describe_error(&error)));
            }
            Some(Err(error)) => {
                tracing::debug!(topic = %redrive.dead_letter, %error, "redrive: the client recovers by itself");
            }
            None => {}
        }
    }
    Ok(read)
}

/// Whether the client would go on behind what it could not read, or never at all.
fn is_final(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || matches!(
            error.rdkafka_error_code(),
            Some(
                Code::BadMessage
                    | Code::InvalidMessage
                    | Code::NotImplemented
                    | Code::AutoOffsetReset
                    | Code::TopicAuthorizationFailed
                    | Code::GroupAuthorizationFailed
                    | Code::Authentication
                    | Code::UnknownTopicOrPartition
                    | Code::UnknownTopic
            )
        )
}

/// The letter, if it goes back.
fn take(
    redrive: &Redrive,
    letter: Option<DeadLetter>,
    report: &mut RedriveReport,
) -> Option<DeadLetter> {
    let own = |letter: &DeadLetter| {
        letter.topic() == &*redrive.topic.topic
            && letter.group() == Some(redrive.service.group.as_str())
    };
    match letter.filter(own) {
        None => report.foreign += 1,
        Some(letter) if (redrive.filter)(&letter) => return Some(letter),
        Some(_) => report.filtered += 1,
    }
    None
}

/// Sends a letter back, to the partition that it came from if there are so many.
async fn send(
    redrive: &Redrive,
    letter: &DeadLetter,
    partitions: usize,
) -> Result<(), RedriveError> {
    let partition = Some(letter.partition())
        .filter(|partition| usize::try_from(*partition).is_ok_and(|index| index < partitions));
    let record = || Outgoing {
        topic: &redrive.topic.topic,
        partition,
        key: letter.key(),
        payload: letter.payload(),
        headers: letter.own_headers(),
    };
    let publishers = &redrive.topic.failures.publisher;
    let sent = match publishers.together.send(record()).await {
        // What is too large together may not be so alone.
        Err(SendError::TooLarge(_)) => publishers.alone.send(record()).await,
        sent => sent,
    };
    match sent {
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

fn commit(redrive: &Redrive, consumer: &BaseConsumer, next: &Offsets) -> Result<(), RedriveError> {
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
