//! Whether a silent partition has something to be read: another client is asked, which is in no group.

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

/// How long the partitions of one topic have to say something.
const ANSWER_TIME: Duration = Duration::from_secs(15);
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

/// Another client reads on where suspects stand, on a thread of its own.
pub(crate) struct Verification {
    findings: Receiver<Vec<(u64, Finding)>>,
    stop: Arc<AtomicBool>,
}

impl Verification {
    /// Begins. `None` if there is no thread for it.
    pub(crate) fn start(
        service: &Arc<ServiceState>,
        connection: &Connection,
        suspects: Vec<Suspect>,
    ) -> Option<Self> {
        let (send, findings) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (service, connection) = (Arc::clone(service), connection.clone());
        thread::Builder::new()
            .name(format!("{}-verify", service.thread))
            .spawn(move || {
                let found = verify(&service, &connection, &suspects, &stopped);
                let found = found.unwrap_or_else(|error| {
                    tracing::warn!(service = %service.name, %error, "silent partitions cannot be verified");
                    suspects.iter().map(|suspect| (suspect.epoch, Finding::Unknown)).collect()
                });
                // Nobody may wait for it any more.
                let _ = send.send(found);
            })
            .ok()?;
        Some(Self { findings, stop })
    }

    /// What was found, by epoch, once it is all known.
    pub(crate) fn take(&self) -> Option<Vec<(u64, Finding)>> {
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
    stop: &AtomicBool,
) -> Result<Vec<(u64, Finding)>, ServiceError> {
    let client: BaseConsumer<ProbeContext> =
        config::verifier(&service.effective, &service.group, connection)?
            .create_with_context(ProbeContext::new(service))
            .map_err(|error| refused(&error))?;
    let mut findings = Vec::new();
    // One topic at a time: the word that a partition is at its end does not say of which topic it is.
    for topic in &service.topics {
        let mut left: Vec<_> = suspects
            .iter()
            .filter(|suspect| suspect.topic == topic.topic)
            .collect();
        if left.is_empty() {
            continue;
        }
        client
            .assign(&positions(&left)?)
            .map_err(|error| refused(&error))?;
        let deadline = Instant::now() + ANSWER_TIME;
        while !left.is_empty() && Instant::now() < deadline && !stop.load(Ordering::SeqCst) {
            let (partition, finding) = match client.poll(SLICE) {
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
                    findings.push((suspect.epoch, finding));
                }
                !is_it
            });
        }
        for suspect in left {
            note(service, suspect, Finding::Unknown);
            findings.push((suspect.epoch, Finding::Unknown));
        }
    }
    Ok(findings)
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
