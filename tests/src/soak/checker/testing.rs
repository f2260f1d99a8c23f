//! Histories that are made up, to test the checker with.

use std::time::Duration;

use super::{Findings, check};
use crate::soak::clock::Nanos;
use crate::soak::history::{History, Promises};
use crate::soak::log::{Entry, Event, Outcome, Rec};
use crate::soak::stream::Stream;

/// How many records there are.
const RECORDS: i64 = 100;

/// A run of one partition and a process or two. Times are milliseconds since its beginning.
pub(super) struct Story {
    pub(super) stream: Stream,
    entries: Vec<Entry>,
}

impl Story {
    /// 100 records of a partition are sent, and handled by process 1: record n from 10,000 + 100 n ms on, for 5
    /// ms, of which each is committed 400 ms later. Nothing happens.
    pub(super) fn quiet() -> Self {
        Self::of(Stream::Orders)
    }

    pub(super) fn of(stream: Stream) -> Self {
        let mut story = Self {
            stream,
            entries: Vec::new(),
        };
        story.at(0, 0, Event::Started { process: 1 });
        story.at(500, 1, Event::Ready);
        for offset in 0..RECORDS {
            let rec = story.rec(offset);
            let sent = 9_950 + 100 * offset.unsigned_abs();
            story.at(sent, 0, Event::Acknowledged(rec));
            let appended = story.time(sent);
            story.at(500_000, 0, Event::Present { rec, appended });
            story.handle(1, rec, sent + 50);
        }
        story.at(450_000, 0, Event::Healed);
        let (s, p, low, high) = (stream, 0, 0, RECORDS);
        story.at(500_000, 0, Event::End { s, p, low, high });
        story.at(500_001, 0, Event::FinalRead { error: None });
        story.commit_late(RECORDS, 460_000);
        story
    }

    pub(super) fn rec(&self, offset: i64) -> Rec {
        Rec {
            s: self.stream,
            p: 0,
            o: offset,
            id: 1_000 + offset.unsigned_abs(),
            key: u32::try_from(offset % 4).unwrap(),
            hash: offset.unsigned_abs() * 7,
        }
    }

    /// So many milliseconds after the beginning.
    pub(super) fn time(&self, millis: u64) -> Nanos {
        (1_000_000_000 + millis) * 1_000_000
    }

    pub(super) fn at(&mut self, millis: u64, by: u32, event: Event) {
        let at = self.time(millis);
        self.entries.push(Entry { at, by, event });
    }

    /// Process `by` handles a record, for 5 ms.
    pub(super) fn handle(&mut self, by: u32, rec: Rec, millis: u64) {
        self.handle_with(by, rec, millis, Outcome::Done);
    }

    pub(super) fn handle_with(&mut self, by: u32, rec: Rec, millis: u64, outcome: Outcome) {
        self.at(millis, by, Event::Began(rec));
        self.at(millis + 5, by, Event::Ended { rec, outcome });
    }

    /// Offset `next` is committed, before the last commit of the story.
    pub(super) fn commit(&mut self, next: i64, millis: u64) {
        self.commit_late(next, millis);
    }

    fn commit_late(&mut self, next: i64, millis: u64) {
        self.commit_of(self.stream, next, millis);
    }

    pub(super) fn commit_of(&mut self, stream: Stream, next: i64, millis: u64) {
        let event = Event::Committed {
            group: stream.group().to_owned(),
            s: stream,
            p: 0,
            next,
            taken: self.time(millis),
        };
        self.at(millis + 3, 0, event);
    }

    pub(super) fn delete(&mut self, below: i64, millis: u64) {
        let (s, p) = (self.stream, 0);
        self.at(millis, 0, Event::Deleted { s, p, below });
    }

    /// A fault from one moment to another that hits these processes.
    pub(super) fn fault(
        &mut self,
        kind: &str,
        from: u64,
        to: u64,
        processes: &[u32],
        graceful: bool,
    ) {
        let number = u32::try_from(self.entries.len()).unwrap();
        let event = Event::FaultBegan {
            number,
            kind: kind.to_owned(),
            target: "it".to_owned(),
            processes: processes.to_vec(),
            graceful,
        };
        self.at(from, 0, event);
        let evidence = Ok("seen".to_owned());
        self.at(to, 0, Event::FaultEnded { number, evidence });
    }

    pub(super) fn without(mut self, unwanted: impl Fn(&Event) -> bool) -> Self {
        self.entries.retain(|entry| !unwanted(&entry.event));
        self
    }

    pub(super) fn without_handling(self, offset: i64) -> Self {
        self.without(|event| {
            matches!(event, Event::Began(rec) | Event::Ended { rec, .. } if rec.o == offset)
        })
    }

    pub(super) fn without_acknowledgement(self, offset: i64) -> Self {
        self.without(|event| {
            matches!(event, Event::Acknowledged(rec) | Event::Began(rec) | Event::Present { rec, .. }
                | Event::Ended { rec, .. } if rec.o == offset)
        })
    }

    pub(super) fn check(mut self) -> Findings {
        self.entries.sort_by_key(|entry| entry.at);
        let promises = Promises {
            commit_interval: Duration::from_millis(500),
            commit_slack: Duration::from_millis(500),
            aftermath: Duration::from_secs(15),
            shutdown: Duration::from_secs(20),
            stall: Duration::from_secs(20),
            memory_kib: 200_000,
        };
        check(&History::of(&self.entries, promises))
    }
}
