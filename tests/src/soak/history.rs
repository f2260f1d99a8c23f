//! What happened, put together from the logs: each record with all that was done with it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::clock::{Nanos, nanos};
use super::log::{Entry, Event, Outcome, Rec};
use super::settled;
use super::stream::{Partition, Stream};

/// Brokers stamp in whole milliseconds, rounded down.
pub const MILLISECOND: Nanos = 1_000_000;

/// What the services promise, as far as it is numbers.
#[derive(Clone, Debug)]
pub struct Promises {
    /// How often a consumer commits.
    pub commit_interval: Duration,
    /// How much later than that a commit may come on a busy machine.
    pub commit_slack: Duration,
    /// How long after the end of a fault its consequences may last: sessions that run out, rebalances.
    pub aftermath: Duration,
    /// How long a shutdown may take.
    pub shutdown: Duration,
    /// How long a partition with waiting records may stand still when nothing is broken.
    pub stall: Duration,
    /// The most memory a service may use, in KiB.
    pub memory_kib: u64,
}

impl Promises {
    /// How long after it could have been, a commit is there at the latest.
    #[must_use]
    pub fn commit_within(&self) -> Nanos {
        nanos(self.commit_interval + self.commit_slack)
    }
}

/// A handler's time with a record.
#[derive(Clone, Debug)]
pub struct Handling {
    /// The process.
    pub process: u32,
    /// The record as the handler saw it.
    pub rec: Rec,
    /// When it began.
    pub began: Nanos,
    /// When and how it ended; `None` if it did not.
    pub ended: Option<(Nanos, Outcome)>,
}

/// A record of a partition.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was sent.
    pub rec: Rec,
    /// When the broker's acknowledgement of it came, if one did. Without one it is there or not.
    pub acknowledged: Option<Nanos>,
    /// When the broker appended its dead letters.
    pub dead: Vec<Nanos>,
    /// When it came to a retry topic.
    pub moved: Vec<Nanos>,
    /// The handlers that had it, in the order of time: places in [`History::handlings`].
    pub handlings: Vec<usize>,
    /// When it was first settled.
    pub settled: Option<Nanos>,
    /// When it and everything before it were settled.
    pub committable: Option<Nanos>,
}

/// A commit.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// The next offset to read.
    pub next: i64,
    /// When the coordinator took it.
    pub taken: Nanos,
}

/// A partition with its records.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// By offset.
    pub records: BTreeMap<i64, Record>,
    /// In the order in which they were taken.
    pub commits: Vec<Commit>,
    /// First offset and the one behind the last, at the end of the run.
    pub end: Option<(i64, i64)>,
    /// Everything below it was deleted on purpose.
    pub deleted_below: i64,
}

/// A service process.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// When it was started.
    pub started: Nanos,
    /// When it was asked to end.
    pub asked: Option<Nanos>,
    /// When it was gone, how, and whether that was as it should be.
    pub gone: Option<(Nanos, String, bool)>,
    /// What its shutdown reported.
    pub report: Option<(bool, String)>,
    /// The most memory that it used, in KiB.
    pub peak_kib: u64,
}

/// Something that the nemesis did.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its number.
    pub number: u32,
    /// Its kind.
    pub kind: String,
    /// What it hit.
    pub target: String,
    /// The processes that it hit; none: all.
    pub processes: Vec<u32>,
    /// Whether nothing that was done is lost by it.
    pub graceful: bool,
    /// When it began.
    pub began: Nanos,
    /// When it ended; `None` if it never did.
    pub ended: Option<Nanos>,
    /// When everything that had been sent by then was handled and committed, as the nemesis saw it.
    pub recovered: Option<Nanos>,
    /// What proves that it had an effect.
    pub evidence: Result<String, String>,
}

impl Fault {
    /// Whether it hit this process.
    #[must_use]
    pub fn hits(&self, process: u32) -> bool {
        self.processes.is_empty() || self.processes.contains(&process)
    }

    /// Until when its consequences may last.
    #[must_use]
    pub fn over(&self, promises: &Promises) -> Nanos {
        let longest = self
            .ended
            .map_or(Nanos::MAX, |ended| ended + nanos(promises.aftermath));
        self.recovered
            .map_or(longest, |at| longest.min(at + promises.commit_within()))
    }
}

/// Everything that happened.
#[derive(Clone, Debug)]
pub struct History {
    /// What everything was drawn from.
    pub seed: u64,
    /// What was promised.
    pub promises: Promises,
    /// The partitions.
    pub lanes: BTreeMap<Partition, Lane>,
    /// What handlers did, in the order of time.
    pub handlings: Vec<Handling>,
    /// Dead letters of records that were never sent.
    pub stray_letters: Vec<Rec>,
    /// Records that are in no partition's place where they should be: another one is there.
    pub conflicts: Vec<(Rec, Rec)>,
    /// Ends of handlers that never began.
    pub stray_ends: Vec<Rec>,
    /// The processes.
    pub processes: BTreeMap<u32, Process>,
    /// The faults.
    pub faults: Vec<Fault>,
    /// When the nemesis was done.
    pub healed: Option<Nanos>,
    /// Whether everything was read at the end; why not, if it was tried.
    pub final_read: Result<(), String>,
    /// Why the run proves nothing.
    pub invalid: Vec<String>,
    /// What services said of themselves: process, when, what.
    pub told: Vec<(u32, Nanos, String)>,
}

impl History {
    /// Puts the entries of all logs together.
    #[must_use]
    pub fn of(entries: &[Entry], promises: Promises) -> Self {
        let mut history = Self {
            seed: 0,
            promises,
            lanes: BTreeMap::new(),
            handlings: Vec::new(),
            stray_letters: Vec::new(),
            conflicts: Vec::new(),
            stray_ends: Vec::new(),
            processes: BTreeMap::new(),
            faults: Vec::new(),
            healed: None,
            final_read: Err("it was not tried".to_owned()),
            invalid: Vec::new(),
            told: Vec::new(),
        };
        // What was sent first: handlers may begin before the acknowledgement is written down.
        let mut somewhere = Vec::new();
        for entry in entries {
            match &entry.event {
                Event::Acknowledged(rec) if rec.o < 0 => somewhere.push((*rec, entry.at)),
                Event::Acknowledged(rec) => history.sent(*rec, Some(entry.at)),
                // What is in a retry topic is there: the runtime has sent it, and it is to be handled.
                Event::Present { rec, appended } => {
                    let retry = !Stream::SOURCES.contains(&rec.s);
                    history.sent(*rec, retry.then_some(*appended));
                }
                _ => {}
            }
        }
        history.find(&somewhere, entries);
        let mut at_work = HashMap::new();
        for entry in entries {
            history.take(entry, &mut at_work);
        }
        settled::settle(&mut history.lanes, &history.handlings);
        history
    }

    fn sent(&mut self, rec: Rec, acknowledged: Option<Nanos>) {
        let lane = self.lane(rec.s, rec.p);
        let record = lane.records.entry(rec.o).or_insert_with(|| Record {
            rec,
            acknowledged: None,
            dead: Vec::new(),
            moved: Vec::new(),
            handlings: Vec::new(),
            settled: None,
            committable: None,
        });
        record.acknowledged = record.acknowledged.or(acknowledged);
        if record.rec != rec {
            let conflict = (record.rec, rec);
            self.conflicts.push(conflict);
        }
    }

    /// Finds the records that were acknowledged without their offsets: where the final read saw them, or, if they were
    /// deleted before it, where a handler did.
    fn find(&mut self, somewhere: &[(Rec, Nanos)], entries: &[Entry]) {
        for (rec, at) in somewhere {
            let records = &mut self.lane(rec.s, rec.p).records;
            let found = records.values_mut().find(|record| record.rec.id == rec.id);
            match found {
                Some(record) => record.acknowledged = record.acknowledged.or(Some(*at)),
                None => match began(entries, rec) {
                    Some(seen) => self.sent(seen, Some(*at)),
                    None => self.invalid.push(format!(
                        "{rec:?} was acknowledged, and is nowhere to be found"
                    )),
                },
            }
        }
    }

    fn lane(&mut self, stream: Stream, number: i32) -> &mut Lane {
        self.lanes.entry(Partition { stream, number }).or_default()
    }

    fn process(&mut self, process: u32) -> &mut Process {
        self.processes.entry(process).or_default()
    }

    fn take(&mut self, entry: &Entry, at_work: &mut HashMap<(u32, Rec), usize>) {
        let at = entry.at;
        match &entry.event {
            Event::Began(rec) => {
                let place = self.handlings.len();
                self.handlings.push(Handling {
                    process: entry.by,
                    rec: *rec,
                    began: at,
                    ended: None,
                });
                at_work.insert((entry.by, *rec), place);
                if let Some(record) = self.lane(rec.s, rec.p).records.get_mut(&rec.o) {
                    record.handlings.push(place);
                }
            }
            Event::Ended { rec, outcome } => match at_work.remove(&(entry.by, *rec)) {
                Some(place) => self.handlings[place].ended = Some((at, *outcome)),
                None => self.stray_ends.push(*rec),
            },
            Event::DeadLettered { rec, appended } => {
                match self.lane(rec.s, rec.p).records.get_mut(&rec.o) {
                    Some(record) if record.rec == *rec => record.dead.push(*appended),
                    _ => self.stray_letters.push(*rec),
                }
            }
            Event::Started { process } => self.process(*process).started = at,
            Event::Ending { process } => self.process(*process).asked = Some(at),
            Event::ShutDown { clean, report } => {
                self.process(entry.by).report = Some((*clean, report.clone()));
            }
            Event::Gone {
                process,
                status,
                expected,
            } => self.process(*process).gone = Some((at, status.clone(), *expected)),
            Event::Told { text } => self.told.push((entry.by, at, text.clone())),
            Event::Committed {
                s, p, next, taken, ..
            } => {
                let commit = Commit {
                    next: *next,
                    taken: *taken,
                };
                self.lane(*s, *p).commits.push(commit);
            }
            Event::FaultBegan {
                number,
                kind,
                target,
                processes,
                graceful,
            } => self.faults.push(Fault {
                number: *number,
                kind: kind.clone(),
                target: target.clone(),
                processes: processes.clone(),
                graceful: *graceful,
                began: at,
                ended: None,
                recovered: None,
                evidence: Err("it never ended".to_owned()),
            }),
            Event::FaultEnded { number, evidence } => {
                if let Some(fault) = self.faults.iter_mut().find(|f| f.number == *number) {
                    fault.ended = Some(at);
                    fault.evidence = evidence.clone();
                }
            }
            Event::Recovered { number } => {
                if let Some(fault) = self.faults.iter_mut().find(|f| f.number == *number) {
                    fault.recovered = Some(at);
                }
            }
            Event::Deleted { s, p, below } => {
                let lane = self.lane(*s, *p);
                lane.deleted_below = lane.deleted_below.max(*below);
            }
            Event::Memory { process, peak_kib } => {
                let process = self.process(*process);
                process.peak_kib = process.peak_kib.max(*peak_kib);
            }
            Event::Run { seed, .. } => self.seed = *seed,
            Event::Healed => self.healed = Some(at),
            Event::End { s, p, low, high } => self.lane(*s, *p).end = Some((*low, *high)),
            Event::FinalRead { error } => {
                self.final_read = error.clone().map_or(Ok(()), Err);
            }
            Event::Invalid { reason } => self.invalid.push(reason.clone()),
            Event::Acknowledged(_) | Event::Present { .. } | Event::Hangs { .. } | Event::Ready => {
            }
        }
    }

    /// The last fault of those that `hit` is true of which began before `before` and whose consequences reach
    /// to `from`.
    pub fn fault_between(
        &self,
        from: Nanos,
        before: Nanos,
        hit: impl Fn(&Fault) -> bool,
    ) -> Option<&Fault> {
        self.faults
            .iter()
            .rev()
            .find(|fault| fault.began <= before && fault.over(&self.promises) >= from && hit(fault))
    }

    /// When a process was gone for good, or the end of time.
    #[must_use]
    pub fn end_of(&self, process: u32) -> Nanos {
        self.processes
            .get(&process)
            .and_then(|process| process.gone.as_ref())
            .map_or(Nanos::MAX, |(at, ..)| *at)
    }
}

/// A record as a handler saw it that was sent as `rec`.
fn began(entries: &[Entry], rec: &Rec) -> Option<Rec> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Began(seen) if (Rec { o: rec.o, ..*seen }) == *rec => Some(*seen),
        _ => None,
    })
}
