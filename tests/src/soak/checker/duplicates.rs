//! What is handled again has a cause, and is no more than that explains.
//!
//! A record is a duplicate if a handler begins with it after it was settled: after another has ended well, or it has
//! come to a retry topic or a dead-letter topic. It may be one
//! - because of an ungraceful fault that hit the process which had it, or has it now, if the record could not be committed before:
//!   everything up to it was settled less than a commit's time before the fault, or later;
//! - because a record before it was not settled when its partition moved: what is behind a record that is being
//!   retried, or that its dead-letter topic refuses, cannot be committed.
//!
//! Everything else breaks the promise: graceful events repeat nothing, and a kill what was not committed yet.

use std::collections::HashSet;

use super::{Findings, Rule};
use crate::soak::clock::{Nanos, seconds};
use crate::soak::history::{Handling, History, Lane, MILLISECOND, Record};
use crate::soak::log::Outcome;
use crate::soak::stream::{Partition, Stream};

/// How long after the consequences of a fault its records may still wait in a backlog.
const BACKLOG: Nanos = 15_000_000_000;

pub(super) fn check(history: &History, findings: &mut Findings) {
    check_copies(history, findings);
    for (partition, lane) in &history.lanes {
        for record in lane.records.values() {
            let Some(settled) = record.settled else {
                continue;
            };
            let mut last: Option<&Handling> = None;
            for place in &record.handlings {
                let handling = &history.handlings[*place];
                if let Some(last) = last
                    && settled + 2 * MILLISECOND <= handling.began
                    && !is_next_attempt(last, handling, settled)
                {
                    judge(
                        history,
                        findings,
                        (*partition, lane, record),
                        last,
                        handling,
                    );
                }
                last = Some(handling);
            }
            // A dead letter is of the record that was first sent.
            if Stream::SOURCES.contains(&partition.stream) {
                for _ in 1..record.dead.len() {
                    findings.duplicate("dead-lettered again");
                }
            }
        }
    }
}

/// Whether it is the next attempt of what was judged already: what is handled again may fail again, too.
fn is_next_attempt(last: &Handling, handling: &Handling, settled: Nanos) -> bool {
    let failed = last
        .ended
        .is_some_and(|(_, outcome)| outcome != Outcome::Done);
    failed && last.process == handling.process && last.began > settled
}

/// What was handled again may have failed again, and so been sent on again.
fn check_copies(history: &History, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (partition, lane) in &history.lanes {
        if !Stream::SOURCES.contains(&partition.stream) {
            for record in lane.records.values() {
                if !seen.insert((partition.stream, record.rec.id)) {
                    findings.duplicate("sent to a retry topic again");
                }
            }
        }
    }
}

fn judge(
    history: &History,
    findings: &mut Findings,
    (partition, lane, record): (Partition, &Lane, &Record),
    last: &Handling,
    again: &Handling,
) {
    let settled = record.settled.unwrap_or(last.began);
    let committable = record.committable.unwrap_or(Nanos::MAX);
    let cause = history.fault_between(settled, again.began, |fault| {
        !fault.graceful
            // The one who handles it again may be one whom the group has given up, and who does not know yet.
            && [last, again].iter().any(|handling| fault.hits(handling.process))
            && committable.saturating_add(history.promises.commit_within()) >= fault.began
            && fault.over(&history.promises).saturating_add(BACKLOG) >= again.began
    });
    if let Some(fault) = cause {
        findings.duplicate(&fault.kind);
        return;
    }
    // When the one who had it last did anything with its partition.
    let left = lane
        .records
        .values()
        .flat_map(|record| &record.handlings)
        .map(|place| &history.handlings[*place])
        .filter(|handling| handling.process == last.process && handling.began < again.began)
        .filter_map(|handling| handling.ended)
        .map(|(at, _)| at)
        .filter(|at| *at < again.began)
        .max();
    if left.is_some_and(|left| committable > left) {
        findings.duplicate("behind an unsettled record");
        return;
    }
    findings.duplicate("UNEXPLAINED");
    findings.broke(Rule::Duplicate, || {
        format!(
            "{partition}@{} was last with process {}, settled at {:.3}, could be committed from {:.3} on, and was handled \
             again by process {} at {:.3}",
            record.rec.o,
            last.process,
            seconds(settled),
            seconds(committable),
            again.process,
            seconds(again.began),
        )
    });
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::testing::Story;
    use crate::soak::checker::{Rule, Verdict};
    use crate::soak::log::{Event, Outcome};
    use crate::soak::stream::Stream;

    /// Record 60, handled at 16,000, is handled again by another process at 17,000.
    fn again(mut story: Story) -> Story {
        story.handle(2, story.rec(60), 17_000);
        story
    }

    #[test]
    fn a_duplicate_out_of_nothing_is_seen() {
        assert_eq!(again(Story::quiet()).check().times(Rule::Duplicate), 1);
    }

    #[test]
    fn a_duplicate_after_a_graceful_event_is_seen() {
        let mut story = again(Story::quiet());
        story.fault("restart", 16_100, 16_500, &[1], true);
        assert_eq!(story.check().times(Rule::Duplicate), 1);
    }

    #[test]
    fn what_was_not_committed_at_a_kill_comes_again() {
        let mut story = again(Story::quiet());
        story.fault("kill a service", 16_200, 16_300, &[1], false);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        assert_eq!(findings.duplicates["kill a service"], 1);
    }

    #[test]
    fn what_comes_again_may_fail_again() {
        let mut story = Story::quiet();
        story.handle_with(2, story.rec(60), 17_000, Outcome::Failed);
        story.handle(2, story.rec(60), 17_100);
        story.fault("kill a service", 16_200, 16_300, &[1], false);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        assert_eq!(findings.duplicates["kill a service"], 1);
    }

    #[test]
    fn what_was_handled_long_before_a_kill_does_not() {
        let mut story = Story::quiet();
        story.fault("kill a service", 18_000, 18_100, &[1], false);
        // Handled at 16,000; commits are there within a second.
        story.handle(2, story.rec(60), 18_500);
        assert_eq!(story.check().times(Rule::Duplicate), 1);
    }

    #[test]
    fn the_kill_of_another_is_no_cause() {
        let mut story = again(Story::quiet());
        story.fault("kill a service", 16_200, 16_300, &[3], false);
        assert_eq!(story.check().times(Rule::Duplicate), 1);
    }

    #[test]
    fn who_was_frozen_may_not_know_that_it_lost_its_partition() {
        let mut story = again(Story::quiet());
        story.fault("freeze connections", 10_000, 16_990, &[2], false);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        assert_eq!(findings.duplicates["freeze connections"], 1);
    }

    #[test]
    fn a_fault_that_is_long_over_is_no_cause() {
        let mut story = Story::quiet();
        story.fault("pause a broker", 1_000, 2_000, &[], false);
        story.handle(2, story.rec(90), 100_000);
        assert_eq!(story.check().times(Rule::Duplicate), 1);
    }

    #[test]
    fn behind_an_unsettled_record_nothing_can_be_committed() {
        let mut story = Story::of(Stream::Jobs).without_handling(50);
        story.handle_with(1, story.rec(50), 15_000, Outcome::Failed);
        // The partition moves to process 2, which gets everything from record 50 on.
        let mut story = story.without(
            |event| matches!(event, Event::Began(rec) | Event::Ended { rec, .. } if rec.o > 60),
        );
        for offset in 50..100_u64 {
            let rec = story.rec(offset.cast_signed());
            story.handle(2, rec, 20_000 + 10 * offset);
        }
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        assert_eq!(findings.duplicates["behind an unsettled record"], 10);
    }

    #[test]
    fn an_attempt_after_a_failure_is_no_duplicate() {
        let mut story = Story::quiet().without_handling(99);
        story.handle_with(1, story.rec(99), 30_000, Outcome::Failed);
        story.handle(1, story.rec(99), 30_100);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        assert!(findings.duplicates.is_empty());
    }
}
