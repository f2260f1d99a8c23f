//! What the poll thread does: assign, read, drain, commit and give up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use proptest::sample::Index;

use super::deliveries::{Delivery, State};
use super::machine::{Assigned, Blocked, Machine, time};
use crate::lane::{LaneKey, Partition, Place, Work};
use crate::offset::Offset;
use crate::record::{BatchBuilder, Timestamp};
use crate::runtime::Order;

impl Machine {
    pub(super) fn assign(&mut self, id: usize) {
        let log = &mut self.logs[id];
        if log.assigned.is_some() {
            return;
        }
        self.epochs += 1;
        let epoch = self.epochs;
        let idle = Arc::clone(&self.idle);
        let partition = Arc::new(Partition::new(
            Arc::from("topic"),
            i32::try_from(id).unwrap(),
            epoch,
            move || {
                idle.fetch_add(1, Ordering::SeqCst);
            },
        ));
        self.partitions.push(Arc::clone(&partition));
        log.assigned = Some(Assigned {
            partition,
            next: log.committed,
            leaving: false,
        });
    }

    pub(super) fn read(&mut self, id: usize, max: usize) {
        let assigned_partitions = self
            .logs
            .iter()
            .filter(|log| log.assigned.is_some())
            .count();
        let log = &mut self.logs[id];
        log.before.retain(|before| before.is_running());
        let Some(assigned) = &mut log.assigned else {
            return;
        };
        let waits = !log.before.is_empty() && self.setup.order != Order::None;
        if assigned.leaving || assigned.partition.is_stopped() || waits {
            return;
        }
        let partition = Arc::clone(&assigned.partition);
        let room = self.buffer.room(&partition, assigned_partitions, || 0);
        if room == 0 {
            let held = partition.held();
            let told = self.told.load(Ordering::SeqCst);
            // Who asks again has looked again.
            self.blocked
                .retain(|blocked| !Arc::ptr_eq(&blocked.partition, &partition));
            self.blocked.push(Blocked {
                partition,
                held,
                told,
            });
            return;
        }
        let next = assigned.next;
        let offsets = log.offsets.iter().filter(|offset| **offset >= next);
        let offsets: Vec<i64> = offsets.take(max.min(room)).copied().collect();
        let Some(last) = offsets.last() else { return };
        assigned.next = last + 1;
        let first = self
            .batches
            .last()
            .map_or(0, |(batch, first)| first + batch.len());
        let mut builder = BatchBuilder::with_capacity(0, 0);
        let mut places = Vec::new();
        for offset in offsets {
            let key = (offset % 4 != 3).then_some(u64::from(offset % 4 == 0));
            let lane = match self.setup.order {
                Order::Partition => Some(0),
                Order::Key => key,
                Order::None => None,
            };
            let epoch = partition.epoch();
            places.push(lane.map_or(Place::Anywhere, |key| Place::Lane(LaneKey { epoch, key })));
            self.deliveries.add(Delivery {
                partition: id,
                epoch,
                offset,
                lane,
                state: State::Waiting,
                superseded: false,
            });
            builder.push(Offset(offset), Timestamp::None, None, None);
        }
        let batch = Arc::new(builder.build(partition));
        self.batches.push((Arc::clone(&batch), first));
        if self.setup.delayed {
            // Some are due at once, some later, not in their order.
            let due = |index: usize| time(self.now + [2, 0, 1][index % 3]);
            self.buffer.push_delayed(
                (0..batch.len()).map(|index| (due(index), Work::new(&batch, index..index + 1))),
            );
        } else if self.setup.order == Order::Partition {
            self.buffer
                .push([(places[0], Work::new(&batch, 0..batch.len()))]);
        } else {
            let works = places.into_iter().enumerate();
            self.buffer
                .push(works.map(|(index, place)| (place, Work::new(&batch, index..index + 1))));
        }
    }

    pub(super) fn rewind(&mut self, id: usize, to: Index) {
        if let Some(assigned) = &mut self.logs[id].assigned
            && assigned.next > 0
        {
            assigned.next =
                i64::try_from(to.index(usize::try_from(assigned.next).unwrap())).unwrap();
        }
    }

    pub(super) fn commit(&mut self, id: usize) {
        let log = &mut self.logs[id];
        let position = log
            .assigned
            .as_ref()
            .and_then(|assigned| assigned.partition.position());
        if let Some(position) = position {
            log.committed = position.0;
        }
        // Whoever reads on from there misses nothing that was not settled by someone.
        let below = log
            .offsets
            .iter()
            .zip(&log.settled)
            .filter(|(offset, _)| **offset < log.committed);
        for (offset, settled) in below {
            assert!(
                settled,
                "{} is committed, but {offset} was never settled",
                log.committed
            );
        }
    }

    pub(super) fn suspend(&mut self, id: usize) {
        if let Some(assigned) = &mut self.logs[id].assigned {
            assigned.leaving = true;
            assigned.partition.suspend();
            let partition = Arc::clone(&assigned.partition);
            if self.setup.order == Order::None && !self.setup.delayed {
                self.deliveries.has_no_gap(partition.epoch());
            }
            self.purge(&partition, false);
        }
    }

    pub(super) fn retire(&mut self, id: usize, commit: bool) {
        if commit {
            self.commit(id);
        }
        if let Some(assigned) = self.logs[id].assigned.take() {
            assigned.partition.retire();
            self.purge(&assigned.partition, true);
            self.logs[id].before.push(assigned.partition);
        }
    }

    pub(super) fn purge(&mut self, partition: &Arc<Partition>, all: bool) {
        let held = self.buffer.held();
        if all {
            self.buffer.purge_all(partition.epoch());
        } else {
            self.buffer.purge(partition.epoch());
        }
        let gone = self.deliveries.purge(partition.epoch(), all);
        assert_eq!(held - self.buffer.held(), gone, "what was purged");
    }
}
