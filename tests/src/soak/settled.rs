//! When records were settled: handled, dead-lettered, or moved to a retry topic.

use std::collections::{BTreeMap, HashMap};

use super::clock::Nanos;
use super::history::{Handling, Lane, MILLISECOND};
use super::log::Outcome;
use super::stream::{Partition, Stream};

/// Finds when each record was settled, and when all before it were too.
pub(super) fn settle(lanes: &mut BTreeMap<Partition, Lane>, handlings: &[Handling]) {
    let moved = moved(lanes);
    for (partition, lane) in lanes {
        settle_lane(*partition, lane, handlings, &moved);
    }
}

/// Where records went: by stream and id, when they came there; and when their dead letters did.
struct Moved {
    to: HashMap<(Stream, u64), Vec<Nanos>>,
    dead: HashMap<u64, Vec<Nanos>>,
}

fn moved(lanes: &BTreeMap<Partition, Lane>) -> Moved {
    let mut moved = Moved {
        to: HashMap::new(),
        dead: HashMap::new(),
    };
    for (partition, lane) in lanes {
        for record in lane.records.values() {
            let id = record.rec.id;
            if !record.dead.is_empty() {
                moved.dead.insert(id, record.dead.clone());
            }
            if !Stream::SOURCES.contains(&partition.stream) {
                let came = moved.to.entry((partition.stream, id)).or_default();
                came.extend(record.acknowledged);
            }
        }
    }
    moved
}

fn settle_lane(partition: Partition, lane: &mut Lane, handlings: &[Handling], moved: &Moved) {
    let mut all = Some(0);
    for (offset, record) in &mut lane.records {
        let id = record.rec.id;
        let first_failure = record
            .handlings
            .iter()
            .filter_map(|place| handlings[*place].ended)
            .filter(|(_, outcome)| *outcome != Outcome::Done)
            .map(|(at, _)| at)
            .min();
        // What went elsewhere before it ever failed here went there from elsewhere.
        let after = |at: &Nanos| first_failure.is_some_and(|failed| *at + MILLISECOND >= failed);
        let to = |stream: &Stream| moved.to.get(&(*stream, id));
        let came = partition.stream.retries().iter().filter_map(to).flatten();
        record.moved = came.copied().filter(after).collect();
        record.dead = moved.dead.get(&id).cloned().unwrap_or_default();
        record.dead.retain(after);
        let done = record.handlings.iter().filter_map(|place| {
            let handling = &handlings[*place];
            let (at, outcome) = handling.ended?;
            (outcome == Outcome::Done && handling.rec == record.rec).then_some(at)
        });
        record.settled = done
            .chain(record.dead.iter().copied())
            .chain(record.moved.iter().copied())
            .min();
        // What was deleted holds nothing back.
        if record.settled.is_some() || *offset >= lane.deleted_below {
            all = all.zip(record.settled).map(|(all, own)| all.max(own));
        }
        record.committable = all;
    }
}
