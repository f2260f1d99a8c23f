//! What the runtime knows of one topic of a model.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::event::{Event, EventSender};
use super::settings::Processing;
use crate::failure::{Failures, attempt_in_all};
use crate::handler::FailureReason;
use crate::lane::{Buffer, Consume, Handling, Partition};
use crate::offset::Offset;
use crate::record::Batch;

/// What takes a topic's records.
pub(crate) enum Consumer {
    /// Nothing was attached yet.
    Missing,
    /// `handle(...)`.
    Handler(Arc<dyn Consume>),
    /// `stream()`.
    Stream,
}

/// What takes the records of a topic and of its retry topics, and whether they are wanted.
pub(crate) struct Attached {
    consumer: Mutex<Consumer>,
    wanted: AtomicBool,
    /// Whether what takes the records looks at their headers.
    headers: AtomicBool,
    /// Whether what takes the records takes several at a time.
    batches: AtomicBool,
}

impl Attached {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            consumer: Mutex::new(Consumer::Missing),
            wanted: AtomicBool::new(wanted),
            headers: AtomicBool::new(false),
            batches: AtomicBool::new(false),
        }
    }
}

/// How many records of a topic went which way, since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    handled: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    retried: AtomicU64,
    moved: AtomicU64,
    dead_lettered: AtomicU64,
    dropped: AtomicU64,
    late: AtomicU64,
}

impl Counters {
    pub(crate) fn handled(&self, records: usize) {
        self.handled.fetch_add(records as u64, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// A record is to be tried again in place.
    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// A record is in a retry topic.
    pub(crate) fn moved(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
    }

    /// A record is in the dead-letter topic.
    pub(crate) fn dead_lettered(&self) {
        self.dead_lettered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self, records: usize) {
        self.dropped.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// Acknowledgements came after their partition was given up.
    pub(crate) fn late(&self, records: usize) {
        if records > 0 {
            self.late.fetch_add(records as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            handled: read(&self.handled),
            failed: read(&self.failed),
            skipped: read(&self.skipped),
            retried: read(&self.retried),
            moved: read(&self.moved),
            dead_lettered: read(&self.dead_lettered),
            dropped: read(&self.dropped),
            late: read(&self.late),
        }
    }
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) handled: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    pub(crate) retried: u64,
    pub(crate) moved: u64,
    pub(crate) dead_lettered: u64,
    pub(crate) dropped: u64,
    pub(crate) late: u64,
}

/// Whose a topic is.
pub(crate) struct Owner {
    /// The name of the service that serves it.
    pub(crate) service: Arc<str>,
    /// The model's field.
    pub(crate) field: &'static str,
    /// The message type's name.
    pub(crate) message: &'static str,
}

/// One topic of a model.
pub(crate) struct TopicState {
    /// The name of the service that serves it.
    pub(crate) service: Arc<str>,
    events: EventSender,
    /// The model's field.
    pub(crate) field: &'static str,
    /// The message type's name.
    pub(crate) message: &'static str,
    pub(crate) topic: Arc<str>,
    pub(crate) settings: Processing,
    pub(crate) buffer: Buffer,
    /// What there is for records that fail.
    pub(crate) failures: Arc<Failures>,
    /// Of a retry topic: how long after its time a record is handled.
    pub(crate) delay: Option<Duration>,
    pub(crate) counters: Counters,
    /// What its workers are at.
    pub(crate) handling: Handling,
    /// Its retry topics have the same.
    attached: Arc<Attached>,
    /// The partitions assigned to this member.
    partitions: Mutex<BTreeMap<i32, Arc<Partition>>>,
    /// Those that were given up while a handler was at work.
    left_behind: Mutex<Vec<Arc<Partition>>>,
    missing: AtomicBool,
    denied: AtomicBool,
    /// Records that will come into the buffer as soon as their offsets are committed.
    pub(crate) gated: AtomicUsize,
    changed: Notify,
}

impl TopicState {
    pub(crate) fn new(
        owner: Owner,
        events: EventSender,
        topic: Arc<str>,
        settings: Processing,
        buffer: Buffer,
        failures: Failures,
        attached: Arc<Attached>,
    ) -> Self {
        let delay = failures
            .level
            .and_then(|level| settings.retry.topics.get(level))
            .and_then(|millis| u64::try_from(millis).ok())
            .map(Duration::from_millis);
        Self {
            service: owner.service,
            events,
            field: owner.field,
            message: owner.message,
            topic,
            settings,
            buffer,
            failures: Arc::new(failures),
            delay,
            counters: Counters::default(),
            handling: Handling::default(),
            attached,
            partitions: Mutex::default(),
            left_behind: Mutex::default(),
            missing: AtomicBool::new(false),
            denied: AtomicBool::new(false),
            gated: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// Logs an event, and sends it to whoever listens.
    pub(crate) fn tell(&self, event: Event) {
        self.events.tell(event);
    }

    /// Tells that a partition stopped at a record.
    pub(crate) fn tell_halted(&self, partition: i32, offset: Offset, reason: &FailureReason) {
        self.tell(Event::Halted {
            service: self.service.to_string(),
            message_type: self.message,
            topic: self.topic.to_string(),
            partition,
            offset: offset.0,
            reason: reason.clone(),
        });
    }

    /// Tells of handlers that have been at work on one record for longer than they may.
    pub(crate) fn look_at_handlers(&self) {
        for hung in self.handling.newly_hung(self.settings.max_handling) {
            self.tell(Event::HandlerHung {
                service: self.service.to_string(),
                message_type: self.message,
                topic: self.topic.to_string(),
                partition: hung.partition,
                offset: hung.offset.0,
                handling: hung.handling,
            });
        }
    }

    /// Which attempt the `attempt`th since a record was read is: of a retry topic, its headers say what was before.
    pub(crate) fn attempt_in_all(&self, batch: &Batch, index: usize, attempt: u32) -> u32 {
        match self.failures.level {
            Some(_) => attempt_in_all(batch.headers(index), attempt),
            None => attempt,
        }
    }

    /// What takes the records.
    pub(crate) fn consumer(&self) -> MutexGuard<'_, Consumer> {
        self.attached
            .consumer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that what takes the records looks at their headers.
    pub(crate) fn want_headers(&self) {
        self.attached.headers.store(true, Ordering::Relaxed);
    }

    /// Notes that what takes the records takes several at a time.
    pub(crate) fn want_batches(&self) {
        self.attached.batches.store(true, Ordering::Relaxed);
    }

    /// Whether what takes the records takes several at a time.
    pub(crate) fn takes_batches(&self) -> bool {
        self.attached.batches.load(Ordering::Relaxed)
    }

    /// Whether records keep their headers. librdkafka reads them only when asked to, at the price of all the rest of
    /// reading a record; so it is asked where somebody may look at them: a handler, or the topic for what fails.
    pub(crate) fn keeps_headers(&self) -> bool {
        self.failures.moves_records() || self.attached.headers.load(Ordering::Relaxed)
    }

    /// Whether the topic is to be consumed now.
    pub(crate) fn is_wanted(&self) -> bool {
        self.attached.wanted.load(Ordering::SeqCst)
    }

    /// Starts or stops consuming it; the poll thread has to be told.
    pub(crate) fn set_wanted(&self, wanted: bool) {
        self.attached.wanted.store(wanted, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Whether the broker does not know the topic.
    pub(crate) fn is_missing(&self) -> bool {
        self.missing.load(Ordering::SeqCst)
    }

    /// Whether the broker does not let the client read the topic.
    pub(crate) fn is_denied(&self) -> bool {
        self.denied.load(Ordering::Relaxed)
    }

    /// Notes whether the broker lets the client read the topic, and tells if it no longer does.
    pub(crate) fn set_denied(&self, denied: bool) {
        if self.denied.swap(denied, Ordering::Relaxed) == denied {
            return;
        }
        self.changed.notify_waiters();
        if denied {
            self.tell(Event::TopicDenied {
                service: self.service.to_string(),
                topic: self.topic.to_string(),
            });
        } else {
            tracing::info!(topic = %self.topic, "the topic may be read again");
        }
    }

    pub(crate) fn set_missing(&self, missing: bool) {
        self.missing.store(missing, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Notes that the topic is there, and may be seen. Whether it was missing before.
    pub(crate) fn appears(&self) -> bool {
        let appears = self.missing.swap(false, Ordering::SeqCst);
        if appears {
            self.set_denied(false);
            self.changed.notify_waiters();
        }
        appears
    }

    /// The partitions that are assigned, by their number.
    pub(crate) fn partitions(&self) -> Vec<Arc<Partition>> {
        self.lock_partitions().values().cloned().collect()
    }

    /// How many partitions are assigned.
    pub(crate) fn assigned(&self) -> usize {
        self.lock_partitions().len()
    }

    pub(crate) fn add_partition(&self, partition: Arc<Partition>) {
        self.lock_partitions().insert(partition.id(), partition);
        self.changed.notify_waiters();
    }

    /// Forgets an assignment, if it is still the one in force.
    pub(crate) fn remove_partition(&self, partition: &Partition) {
        let mut partitions = self.lock_partitions();
        if partitions
            .get(&partition.id())
            .is_some_and(|current| current.epoch() == partition.epoch())
        {
            partitions.remove(&partition.id());
        }
        drop(partitions);
        self.changed.notify_waiters();
    }

    /// Notes a partition that is given up, if a handler is still at work on it.
    pub(crate) fn leave_behind(&self, partition: &Arc<Partition>) {
        if partition.is_running() {
            self.lock_left_behind().push(Arc::clone(partition));
        }
    }

    /// Those that were left behind of the partition `id`.
    pub(crate) fn take_left_behind(&self, id: i32) -> Vec<Arc<Partition>> {
        let mut left_behind = self.lock_left_behind();
        left_behind.retain(|partition| partition.is_running());
        left_behind
            .extract_if(.., |partition| partition.id() == id)
            .collect()
    }

    fn lock_left_behind(&self) -> MutexGuard<'_, Vec<Arc<Partition>>> {
        self.left_behind
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once `condition` holds; it is looked at whenever the assignment or the state changes.
    pub(crate) async fn until(&self, condition: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }

    fn lock_partitions(&self) -> MutexGuard<'_, BTreeMap<i32, Arc<Partition>>> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TopicState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicState")
            .field("field", &self.field)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}
