//! Nothing stalls: every partition is handled and committed to its end, and none with waiting records stands still
//! for long while nothing is broken.

use super::{Findings, Rule};
use crate::soak::clock::{Nanos, nanos, seconds};
use crate::soak::history::{History, Lane};
use crate::soak::stream::Partition;

pub(super) fn check(history: &History, findings: &mut Findings) {
    let broken = broken_times(history);
    for (partition, lane) in &history.lanes {
        check_lag(findings, *partition, lane);
        check_stalls(history, findings, *partition, lane, &broken);
    }
    for fault in &history.faults {
        let Some(ended) = fault.ended else { continue };
        let recovery = history
            .lanes
            .values()
            .filter_map(|lane| first_progress(lane, ended))
            .max();
        let since = recovery.map_or(0, |at| at - ended);
        findings.recovery.insert(fault.number, since);
    }
}

fn check_lag(findings: &mut Findings, partition: Partition, lane: &Lane) {
    let Some((low, high)) = lane.end else { return };
    let committed = lane.commits.last().map(|commit| commit.next);
    if high > low.max(lane.deleted_below) && committed != Some(high) {
        findings.broke(Rule::Lag, || match committed {
            Some(committed) => format!("{partition} ends at {high}, and {committed} is committed"),
            None => format!("{partition} ends at {high}, and nothing is committed"),
        });
    }
}

/// When a lane, if it had waiting records at `from`, went on.
fn first_progress(lane: &Lane, from: Nanos) -> Option<Nanos> {
    let waiting = |record: &&crate::soak::history::Record| {
        record.acknowledged.is_some_and(|at| at <= from)
            && record.settled.is_none_or(|at| at > from)
    };
    lane.records
        .values()
        .filter(waiting)
        .filter_map(|record| record.settled)
        .min()
}

/// The times in which something was broken or had its consequences, apart from each other.
fn broken_times(history: &History) -> Vec<(Nanos, Nanos)> {
    let mut times: Vec<_> = history
        .faults
        .iter()
        .map(|fault| (fault.began, fault.over(&history.promises)))
        .collect();
    times.sort_unstable();
    let mut apart: Vec<(Nanos, Nanos)> = Vec::new();
    for (from, to) in times {
        match apart.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

fn check_stalls(
    history: &History,
    findings: &mut Findings,
    partition: Partition,
    lane: &Lane,
    broken: &[(Nanos, Nanos)],
) {
    // +1: a record waits; -1: it is settled, which is progress.
    let mut changes: Vec<(Nanos, i64)> = Vec::new();
    for record in lane
        .records
        .range(lane.deleted_below..)
        .map(|(_, record)| record)
    {
        let Some(acknowledged) = record.acknowledged else {
            continue;
        };
        changes.push((acknowledged, 1));
        if let Some(settled) = record.settled {
            changes.push((settled.max(acknowledged), -1));
        }
    }
    changes.sort_unstable_by_key(|(at, change)| (*at, -change));
    let mut waiting = 0;
    let mut since = 0;
    for (at, change) in changes {
        if waiting == 0 || change < 0 {
            if waiting > 0 {
                stood_still(history, findings, partition, (since, at), broken);
            }
            since = at;
        }
        waiting += change;
    }
    // What waits at the end of the run is lag, not a stall.
}

fn stood_still(
    history: &History,
    findings: &mut Findings,
    partition: Partition,
    (from, to): (Nanos, Nanos),
    broken: &[(Nanos, Nanos)],
) {
    if to - from > findings.longest_stall.0 {
        let text = format!("{partition} from {:.3} on", seconds(from));
        findings.longest_stall = (to - from, text);
    }
    let excused: Nanos = broken
        .iter()
        .map(|(began, over)| to.min(*over).saturating_sub(from.max(*began)))
        .sum();
    if to - from - excused > nanos(history.promises.stall) {
        findings.broke(Rule::Stall, || {
            format!(
                "{partition} had records and stood still from {:.3} for {:.1} s, of which something was broken for \
                 {:.1} s",
                seconds(from),
                seconds(to - from),
                seconds(excused)
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::testing::Story;
    use crate::soak::checker::{Rule, Verdict};
    use crate::soak::log::Event;

    #[test]
    fn a_partition_that_is_not_committed_to_its_end_lags() {
        let mut story = Story::quiet().without(|event| matches!(event, Event::Committed { .. }));
        story.commit(50, 20_000);
        assert_eq!(story.check().times(Rule::Lag), 1);
        let nothing = Story::quiet().without(|event| matches!(event, Event::Committed { .. }));
        assert_eq!(nothing.check().times(Rule::Lag), 1);
    }

    /// Records 40 and later are only handled after 40 s.
    fn stalled() -> Story {
        let mut story = Story::quiet();
        for offset in 40..100 {
            story = story.without_handling(offset);
        }
        for offset in 40..100_u64 {
            let rec = story.rec(offset.cast_signed());
            story.handle(1, rec, 54_000 + 10 * offset);
        }
        story
    }

    #[test]
    fn a_partition_that_stands_still_is_seen() {
        let findings = stalled().check();
        assert_eq!(findings.times(Rule::Stall), 1, "{findings:#?}");
        assert!(findings.longest_stall.0 > 40_000_000_000);
    }

    #[test]
    fn while_something_is_broken_it_may() {
        let mut story = stalled();
        story.fault("pause a broker", 14_000, 30_000, &[], false);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        // It ended at 30 s, and went on at 54.4 s.
        let recovery = findings.recovery.values().max().unwrap();
        assert_eq!(recovery / 1_000_000_000, 24);
    }

    #[test]
    fn the_time_after_a_fault_counts_again() {
        let mut story = stalled();
        story.fault("pause a broker", 14_000, 15_000, &[], false);
        assert_eq!(story.check().times(Rule::Stall), 1);
    }

    #[test]
    fn without_records_nothing_stands_still() {
        let findings = Story::quiet().check();
        assert!(findings.longest_stall.0 < 1_000_000_000, "{findings:#?}");
    }
}
