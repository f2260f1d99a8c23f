//! A topic's buffer and partitions, driven as the poll thread, the workers and the recoveries drive them; every
//! step is held against [`Deliveries`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::deliveries::{Deliveries, State};
use super::{Outcome, PARTITIONS, Setup, Step, WORKERS};
use crate::lane::{Buffer, Partition, Place, Running};
use crate::record::Batch;

/// A partition of the log, and who reads it.
pub(super) struct Log {
    /// Its records' offsets, with gaps.
    pub(super) offsets: Vec<i64>,
    /// What the group has committed.
    pub(super) committed: i64,
    /// Whether each offset was settled at some time.
    pub(super) settled: Vec<bool>,
    pub(super) assigned: Option<Assigned>,
    /// Earlier assignments whose handlers may still be at work.
    pub(super) before: Vec<Arc<Partition>>,
}

pub(super) struct Assigned {
    pub(super) partition: Arc<Partition>,
    pub(super) next: i64,
    pub(super) leaving: bool,
}

/// A worker with a record in its hand.
pub(super) struct Hand {
    pub(super) place: Place,
    pub(super) batch: Arc<Batch>,
    pub(super) index: usize,
    pub(super) end: usize,
    pub(super) running: Running,
}

/// A record that failed and is not done with.
pub(super) struct Recovery {
    pub(super) place: Place,
    pub(super) batch: Arc<Batch>,
    pub(super) index: usize,
    pub(super) end: usize,
    pub(super) running: Option<Running>,
    pub(super) moves: bool,
}

/// A partition that found no room, how many records of it were held then, and how often the poll thread had been
/// told of room.
pub(super) struct Blocked {
    pub(super) partition: Arc<Partition>,
    pub(super) held: usize,
    pub(super) told: usize,
}

pub(super) struct Machine {
    pub(super) setup: Setup,
    pub(super) buffer: Buffer,
    pub(super) logs: Vec<Log>,
    pub(super) hands: Vec<Option<Hand>>,
    pub(super) recoveries: Vec<Recovery>,
    pub(super) deliveries: Deliveries,
    /// All batches, each with the number of its first delivery.
    pub(super) batches: Vec<(Arc<Batch>, usize)>,
    /// Those of which something may still happen.
    pub(super) partitions: Vec<Arc<Partition>>,
    pub(super) epochs: u64,
    pub(super) now: u64,
    /// How often [`Machine::settle_down`] looked.
    pub(super) rounds: usize,
    /// How often the poll thread was told of room.
    pub(super) told: Arc<AtomicUsize>,
    pub(super) blocked: Vec<Blocked>,
    pub(super) idle: Arc<AtomicUsize>,
}

/// Every third offset is missing, as after compaction.
fn offsets() -> Vec<i64> {
    (0..24).filter(|offset| offset % 3 != 1).collect()
}

impl Machine {
    pub(super) fn new(setup: Setup) -> Self {
        let told = Arc::new(AtomicUsize::new(0));
        let on_room = Arc::clone(&told);
        let log = || Log {
            offsets: offsets(),
            committed: 0,
            settled: vec![false; offsets().len()],
            assigned: None,
            before: Vec::new(),
        };
        Self {
            setup,
            buffer: Buffer::new(setup.capacity, usize::MAX, WORKERS, move || {
                on_room.fetch_add(1, Ordering::SeqCst);
            }),
            logs: (0..PARTITIONS).map(|_| log()).collect(),
            hands: (0..WORKERS).map(|_| None).collect(),
            recoveries: Vec::new(),
            deliveries: Deliveries::default(),
            batches: Vec::new(),
            partitions: Vec::new(),
            epochs: 0,
            now: 0,
            rounds: 0,
            told,
            blocked: Vec::new(),
            idle: Arc::default(),
        }
    }

    pub(super) fn step(&mut self, step: &Step) {
        let ran: Vec<_> = self
            .partitions
            .iter()
            .map(|partition| partition.is_running())
            .collect();
        let idle = self.idle.load(Ordering::SeqCst);
        self.act(step);
        let left = |(partition, ran): (&Arc<Partition>, bool)| {
            ran && !partition.is_running() && !partition.is_active()
        };
        if self.partitions.iter().zip(ran).any(left) {
            let told = self.idle.load(Ordering::SeqCst) > idle;
            assert!(told, "nobody was told that the last worker left");
        }
        self.check();
    }

    fn act(&mut self, step: &Step) {
        match step {
            Step::Assign(partition) => self.assign(*partition),
            Step::Read(partition, max) => self.read(*partition, *max),
            Step::Rewind(partition, to) => self.rewind(*partition, *to),
            Step::Take(worker) => self.take(*worker),
            Step::Finish(worker, outcome) => self.finish(*worker, *outcome),
            Step::Recover(which) if !self.recoveries.is_empty() => {
                self.recover(which.index(self.recoveries.len()));
            }
            Step::Recover(_) => {}
            Step::Tick => {
                self.now += 1;
                self.buffer.release_due(time(self.now));
            }
            Step::Commit(partition) => self.commit(*partition),
            Step::Suspend(partition) => self.suspend(*partition),
            Step::Retire(partition, commit) => self.retire(*partition, *commit),
        }
    }

    fn check(&mut self) {
        let held = self.buffer.held();
        assert!(held <= self.setup.capacity, "{held} are held");
        let mut all = 0;
        for partition in &self.partitions {
            let epoch = partition.epoch();
            let held = self.deliveries.held(epoch);
            all += held;
            assert_eq!(partition.held(), held, "{partition:?}");
            self.deliveries
                .is_within(epoch, partition.position().map(|position| position.0));
            let of_epoch = |running: Option<&Running>| {
                running.is_some_and(|running| running.partition().epoch() == epoch)
            };
            let runs = self
                .hands
                .iter()
                .flatten()
                .any(|hand| of_epoch(Some(&hand.running)))
                || self
                    .recoveries
                    .iter()
                    .any(|recovery| of_epoch(recovery.running.as_ref()))
                || self
                    .deliveries
                    .of_epoch(epoch)
                    .any(|delivery| delivery.state == State::Begun);
            assert_eq!(partition.is_running(), runs, "{partition:?}");
        }
        assert_eq!(self.buffer.held(), all);
        // With these nothing more can happen.
        self.partitions.retain(|partition| {
            !partition.is_retired() || partition.held() > 0 || partition.is_running()
        });
        let told = self.told.load(Ordering::SeqCst);
        self.blocked.retain(|blocked| blocked.told == told);
        for Blocked {
            partition, held, ..
        } in &self.blocked
        {
            let left = partition.held();
            assert!(
                left == *held || left > held / 2,
                "{left} of {held} are left, and the poll thread was not told"
            );
            assert!(
                self.buffer.held() > 0,
                "the buffer is empty, and the poll thread was not told"
            );
        }
    }

    /// Lets everything end that is under way.
    fn settle_down(&mut self) {
        loop {
            for _ in 0..3 {
                self.act(&Step::Tick);
            }
            while !self.recoveries.is_empty() {
                self.recover(0);
            }
            for worker in 0..WORKERS {
                self.act(&Step::Take(worker));
                self.act(&Step::Finish(worker, Outcome::Handled));
            }
            self.check();
            if self.buffer.held() == 0 {
                return;
            }
            let at_work = self.hands.iter().any(Option::is_some) || !self.recoveries.is_empty();
            let waits = self
                .deliveries
                .all()
                .iter()
                .any(|delivery| matches!(delivery.state, State::Waiting | State::Begun));
            assert!(at_work || waits, "something is held that nobody has");
            self.rounds += 1;
            assert!(self.rounds < 1_000, "something waits that nobody gets");
        }
    }

    /// Ends everything that is under way, and then reads all that is left from where the group stands.
    pub(super) fn run_dry(&mut self) {
        self.settle_down();
        for id in 0..PARTITIONS {
            let log = &self.logs[id];
            if let Some(assigned) = &log.assigned
                && assigned.partition.is_active()
            {
                let mut live = self
                    .deliveries
                    .of_epoch(assigned.partition.epoch())
                    .filter(|delivery| !delivery.superseded);
                assert!(live.all(|delivery| delivery.state == State::Settled));
            }
            self.step(&Step::Retire(id, true));
            self.step(&Step::Assign(id));
        }
        assert!(
            self.partitions
                .iter()
                .all(|partition| !partition.is_retired())
        );
        while let Some(id) = (0..PARTITIONS).find(|id| self.is_behind(*id)) {
            self.step(&Step::Read(id, usize::MAX));
            self.settle_down();
        }
        for id in 0..PARTITIONS {
            self.step(&Step::Commit(id));
            let log = &self.logs[id];
            assert_eq!(log.committed, log.offsets.last().unwrap() + 1);
            assert!(
                log.settled.iter().all(|settled| *settled),
                "a record is lost"
            );
        }
    }

    fn is_behind(&self, id: usize) -> bool {
        let log = &self.logs[id];
        let next = log.assigned.as_ref().map(|assigned| assigned.next);
        next.is_some_and(|next| log.offsets.last().is_some_and(|last| next <= *last))
    }
}

pub(super) fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
