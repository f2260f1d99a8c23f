//! Records are handled one after the other, as their type says.
//!
//! With the order of a partition, whatever is before a record is settled when a handler begins with it, no matter
//! by whom and in which assignment: what was committed is settled, and what comes after is handled in order. The
//! same holds for the records of one key.

use std::collections::BTreeMap;

use super::{Findings, Rule};
use crate::soak::clock::{Nanos, seconds};
use crate::soak::history::{History, Lane};
use crate::soak::stream::{Order, Partition};

/// Dead letters are stamped by the broker, in whole milliseconds, rounded down or not yet seen.
const TOLERANCE: Nanos = 2_000_000;

pub(super) fn check(history: &History, findings: &mut Findings) {
    for (partition, lane) in &history.lanes {
        match partition.stream.order() {
            Order::Partition => {
                check_lane(history, findings, *partition, lane, |_| 0);
            }
            Order::Key => {
                check_lane(history, findings, *partition, lane, |key| key);
            }
            Order::None => {}
        }
    }
}

fn check_lane(
    history: &History,
    findings: &mut Findings,
    partition: Partition,
    lane: &Lane,
    group: impl Fn(u32) -> u32,
) {
    // By group: when everything up to the offset was settled.
    let mut before: BTreeMap<u32, (i64, Option<Nanos>)> = BTreeMap::new();
    for (offset, record) in lane.records.range(lane.deleted_below..) {
        let group = group(record.rec.key);
        if let Some((last, settled)) = before.get(&group) {
            for place in &record.handlings {
                let handling = &history.handlings[*place];
                if settled.is_none_or(|at| at > handling.began + TOLERANCE) {
                    findings.broke(Rule::Order, || {
                        let began = seconds(handling.began);
                        format!(
                            "{partition}@{offset} was begun by process {} at {began:.3}, before all up to {last} \
                             of the same order were settled",
                            handling.process
                        )
                    });
                }
            }
        }
        let settled = match before.get(&group) {
            Some((_, before)) => before.zip(record.settled).map(|(a, b)| a.max(b)),
            None => record.settled,
        };
        // A record that was never acknowledged and never seen again may not exist at all.
        if record.acknowledged.is_some() || record.settled.is_some() {
            before.insert(group, (*offset, settled));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::testing::Story;
    use crate::soak::checker::{Rule, Verdict};
    use crate::soak::stream::Stream;

    /// A story in which record 31 is handled before record 30, whose key is another.
    fn swapped(stream: Stream, other_key: bool) -> Story {
        let mut story = Story::of(stream).without_handling(30).without_handling(31);
        let (first, second) = (story.rec(31), story.rec(30));
        assert_ne!(first.key, second.key);
        if !other_key {
            // Records 30 and 34 have the same key.
            story = story.without_handling(34);
            let third = story.rec(34);
            assert_eq!(third.key, second.key);
            story.handle(1, third, 13_000);
            story.handle(1, first, 13_100);
            story.handle(1, second, 13_150);
            return story;
        }
        story.handle(1, first, 13_000);
        story.handle(1, second, 13_100);
        story
    }

    #[test]
    fn a_partition_out_of_order_is_seen() {
        assert!(swapped(Stream::Orders, true).check().times(Rule::Order) > 0);
    }

    #[test]
    fn a_key_out_of_order_is_seen() {
        assert!(swapped(Stream::Accounts, false).check().times(Rule::Order) > 0);
    }

    #[test]
    fn keys_have_no_order_among_each_other() {
        let findings = swapped(Stream::Accounts, true).check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn no_order_has_none() {
        let findings = swapped(Stream::Jobs, false).check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn a_record_again_is_not_out_of_order() {
        let mut story = Story::quiet();
        story.handle(1, story.rec(20), 90_000);
        assert_eq!(story.check().times(Rule::Order), 0);
    }
}
