//! The partitions that the group gave to this member.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rdkafka::consumer::BaseConsumer;

use super::context::Context;
use super::reader::Gate;
use super::resets::Course;
use super::silence::Silence;
use crate::lane::Partition;
use crate::native::PartitionQueue;
use crate::runtime::{ServiceState, TopicState};

/// Numbers the assignments of this process.
static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// A partition that is assigned, with the queue that its records come from.
pub(crate) struct Assigned {
    pub(crate) topic: Arc<TopicState>,
    pub(crate) partition: Arc<Partition>,
    pub(crate) queue: PartitionQueue<Context>,
    /// Earlier assignments of it to this process whose handlers may still be at work.
    pub(crate) before: Vec<Arc<Partition>>,
    /// Holds records back until their offsets are committed, under `delivery = "at_most_once"`.
    pub(crate) gate: Gate,
    /// Whether it is being given up: it is no longer read.
    pub(crate) leaving: bool,
    /// Whether something was read since the watchdog looked last.
    pub(crate) heard: bool,
    /// Whether records were left in the queue at the last look, for want of room.
    pub(crate) held_back: bool,
    pub(crate) silence: Silence,
    pub(crate) course: Course,
    /// Whether it is noted as having something to read.
    pub(crate) ready: bool,
    /// How many records the last batch had, to make the next one of that size.
    pub(crate) batch_records: usize,
    /// How many bytes they had.
    pub(crate) batch_bytes: usize,
    /// How many bytes of memory each had on average; 0 before the first.
    pub(crate) record_bytes: usize,
}

/// All partitions that are assigned, by token.
#[derive(Default)]
pub(crate) struct Assignment {
    by_token: HashMap<u32, Assigned>,
    /// The tokens by topic and partition.
    tokens: HashMap<Arc<str>, HashMap<i32, u32>>,
    next_token: u32,
}

impl Assignment {
    /// Takes a partition: splits its queue off and starts an epoch. `None` if it is of no topic of the
    /// service, or librdkafka does not know it.
    pub(crate) fn add(
        &mut self,
        service: &Arc<ServiceState>,
        consumer: &Rc<BaseConsumer<Context>>,
        topic: &str,
        id: i32,
    ) -> Option<u32> {
        let topic = service.topics.iter().find(|state| &*state.topic == topic)?;
        // An old queue of this partition must go before the new one comes: dropping it later would
        // take the new one's wake-up with it.
        if let Some(old) = self.token(&topic.topic, id) {
            self.remove(old);
        }
        let token = self.next_token;
        // The highest tokens are the waker's own.
        self.next_token = (self.next_token + 1) % (u32::MAX / 2);
        let waker = Arc::clone(&service.waker);
        let queue = PartitionQueue::split(consumer, &topic.topic, id, waker, token)?;
        let waker = Arc::clone(&service.waker);
        let epoch = EPOCHS.fetch_add(1, Ordering::Relaxed);
        let partition = Arc::new(Partition::new(
            Arc::clone(&topic.topic),
            id,
            epoch,
            move || waker.control(),
        ));
        topic.add_partition(Arc::clone(&partition));
        let before = topic.take_left_behind(id);
        self.by_token.insert(
            token,
            Assigned {
                topic: Arc::clone(topic),
                partition,
                queue,
                before,
                gate: Gate::default(),
                leaving: false,
                heard: false,
                held_back: false,
                course: Course::default(),
                silence: Silence::new(service.settings.stall_timeout, Instant::now()),
                ready: false,
                batch_records: 0,
                batch_bytes: 0,
                record_bytes: 0,
            },
        );
        self.tokens
            .entry(Arc::clone(&topic.topic))
            .or_default()
            .insert(id, token);
        Some(token)
    }

    /// Gives a partition up: nothing of it is started, read or settled any more.
    pub(crate) fn remove(&mut self, token: u32) {
        if let Some(assigned) = self.by_token.remove(&token) {
            assigned.partition.retire();
            assigned.topic.buffer.purge_all(assigned.partition.epoch());
            assigned.topic.remove_partition(&assigned.partition);
            for partition in assigned.before.iter().chain([&assigned.partition]) {
                assigned.topic.leave_behind(partition);
            }
            if let Some(tokens) = self.tokens.get_mut(&assigned.topic.topic) {
                tokens.remove(&assigned.partition.id());
            }
        }
    }

    pub(crate) fn get(&self, token: u32) -> Option<&Assigned> {
        self.by_token.get(&token)
    }

    pub(crate) fn get_mut(&mut self, token: u32) -> Option<&mut Assigned> {
        self.by_token.get_mut(&token)
    }

    pub(crate) fn token(&self, topic: &str, id: i32) -> Option<u32> {
        self.tokens.get(topic)?.get(&id).copied()
    }

    pub(crate) fn tokens(&self) -> Vec<u32> {
        self.by_token.keys().copied().collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Assigned> {
        self.by_token.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Assigned> {
        self.by_token.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_token.len()
    }
}
