//! What is seen from outside: every commit of the groups, and in the end every record of the topics.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use serde::Deserialize;

use super::clock::{Nanos, of_millis};
use super::cluster::Cluster;
use super::log::{Event, Log, Rec};
use super::message::{fingerprint, key_number};
use super::stream::{Partition, Stream};

/// Follows `__consumer_offsets`, where every commit stands, in the order in which it was taken.
#[derive(Debug)]
pub struct Commits {
    newest: Arc<Mutex<BTreeMap<Partition, i64>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Commits {
    /// Begins to follow it, and to write each commit of the services' groups to the log.
    ///
    /// # Errors
    /// If it is not there.
    pub fn follow(cluster: &Cluster, log: Arc<Log>) -> Result<Self, String> {
        let consumer = cluster.consumer();
        let mut list = TopicPartitionList::new();
        for partition in cluster.leaders("__consumer_offsets")?.into_keys() {
            list.add_partition_offset("__consumer_offsets", partition, Offset::Beginning)
                .map_err(|error| error.to_string())?;
        }
        consumer.assign(&list).map_err(|error| error.to_string())?;
        let (newest, stop) = (
            Arc::<Mutex<BTreeMap<Partition, i64>>>::default(),
            Arc::<AtomicBool>::default(),
        );
        let (seen, stopped) = (Arc::clone(&newest), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                // Errors are of brokers that are away; it goes on when they are back.
                let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
                    continue;
                };
                if let Some((partition, event)) = commit(&message) {
                    if let Event::Committed { next, .. } = &event {
                        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                        seen.insert(partition, *next);
                    }
                    log.write(event);
                }
            }
        });
        Ok(Self {
            newest,
            stop,
            thread,
        })
    }

    /// What was committed last of each partition.
    #[must_use]
    pub fn newest(&self) -> BTreeMap<Partition, i64> {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Ends it.
    ///
    /// # Panics
    /// If its thread did.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("the thread that follows commits");
    }
}

/// The commit that a record of `__consumer_offsets` is, if it is one of ours (`OffsetCommitKey` and
/// `OffsetCommitValue` in Kafka's source; the offset is the first field of every version).
fn commit(message: &BorrowedMessage<'_>) -> Option<(Partition, Event)> {
    let mut key = Bytes(message.key()?);
    if key.short()? > 1 {
        return None;
    }
    let group = key.text()?;
    let stream = Stream::of_topic(&key.text()?)?;
    let number = key.int()?;
    let mut value = Bytes(message.payload()?);
    value.short()?;
    let next = value.long()?;
    if group != stream.group() {
        return None;
    }
    let event = Event::Committed {
        group,
        s: stream,
        p: number,
        next,
        taken: of_millis(message.timestamp().to_millis()?),
    };
    Some((Partition { stream, number }, event))
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn short(&mut self) -> Option<i16> {
        self.take().map(i16::from_be_bytes)
    }

    fn int(&mut self) -> Option<i32> {
        self.take().map(i32::from_be_bytes)
    }

    fn long(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.short()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// A payload of ours.
#[derive(Deserialize)]
struct Payload {
    id: u64,
    body: String,
}

/// What a record of a stream is.
fn rec(message: &BorrowedMessage<'_>) -> Result<Rec, String> {
    let s = Stream::of_topic(message.topic()).ok_or_else(|| message.topic().to_owned())?;
    Ok(Rec {
        s,
        ..content(message)?
    })
}

/// What is in it, as if it were of the first stream.
fn content(message: &BorrowedMessage<'_>) -> Result<Rec, String> {
    let place = || {
        format!(
            "{}[{}]@{}",
            message.topic(),
            message.partition(),
            message.offset()
        )
    };
    let s = Stream::Orders;
    let payload: Payload = serde_json::from_slice(message.payload().unwrap_or_default())
        .map_err(|error| format!("{}: {error}", place()))?;
    let key = message.key().unwrap_or_default();
    Ok(Rec {
        s,
        p: message.partition(),
        o: message.offset(),
        id: payload.id,
        key: key_number(key).unwrap_or(u32::MAX),
        hash: fingerprint(key, payload.id, &payload.body),
    })
}

/// Reads everything that is in the topics, and writes it down.
///
/// # Errors
/// If something cannot be read, or is not what a record should be.
pub fn final_read(cluster: &Cluster, log: &Log, patience: Duration) -> Result<u64, String> {
    let deadline = Instant::now() + patience;
    let mut count = 0;
    for partition in cluster.partitions()? {
        let (s, p) = (partition.stream, partition.number);
        let (low, high) = cluster.ends(s.topic(), p)?;
        log.write(Event::End { s, p, low, high });
        let consumer = cluster.consumer();
        read(
            &consumer,
            (s.topic(), p),
            (low, high),
            deadline,
            |message| {
                log.write(Event::Present {
                    rec: rec(message)?,
                    appended: appended(message),
                });
                count += 1;
                Ok(())
            },
        )?;
    }
    for topic in Stream::ALL.into_iter().filter_map(Stream::dead_letters) {
        for number in cluster.leaders(topic)?.into_keys() {
            let ends = cluster.ends(topic, number)?;
            let consumer = cluster.consumer();
            read(&consumer, (topic, number), ends, deadline, |message| {
                log.write(Event::DeadLettered {
                    rec: dead_letter(message)?,
                    appended: appended(message),
                });
                Ok(())
            })?;
        }
    }
    Ok(count)
}

fn appended(message: &BorrowedMessage<'_>) -> Nanos {
    of_millis(message.timestamp().to_millis().unwrap_or(0))
}

/// The record that a dead letter was, by its headers.
fn dead_letter(message: &BorrowedMessage<'_>) -> Result<Rec, String> {
    let fact = |name: &str| {
        let headers = message
            .headers()
            .into_iter()
            .flat_map(|headers| headers.iter());
        let name = format!("__kafka_model.errors.{name}");
        let header = headers.into_iter().find(|header| header.key == name);
        header
            .and_then(|header| std::str::from_utf8(header.value?).ok())
            .ok_or_else(|| format!("a dead letter without {name}"))
    };
    let topic = fact("topic")?;
    let stream = Stream::of_topic(topic).ok_or_else(|| format!("a dead letter of {topic}"))?;
    let number = |name| {
        fact(name)?
            .parse()
            .map_err(|_| format!("a dead letter whose {name} is no number"))
    };
    let partition: i64 = number("partition")?;
    Ok(Rec {
        s: stream,
        p: i32::try_from(partition).map_err(|error| error.to_string())?,
        o: number("offset")?,
        ..content(message)?
    })
}

fn read(
    consumer: &BaseConsumer,
    (topic, number): (&str, i32),
    (low, high): (i64, i64),
    deadline: Instant,
    mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let partition = format!("{topic}[{number}]");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, number, Offset::Offset(low))
        .and_then(|()| consumer.assign(&list))
        .map_err(|error| format!("{partition}: {error}"))?;
    let mut next = low;
    while next < high {
        match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(message)) => {
                next = message.offset() + 1;
                each(&message)?;
            }
            Some(Err(error)) if Instant::now() >= deadline => {
                return Err(format!("{partition}@{next}: {error}"));
            }
            None if Instant::now() >= deadline => {
                return Err(format!(
                    "{partition}@{next}: nothing came, and it ends at {high}"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The most memory a process has used, in KiB.
///
/// # Errors
/// If it is gone.
pub fn peak_kib(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| io::Error::other("no VmHWM"))
}
