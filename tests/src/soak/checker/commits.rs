//! Nothing is committed that is not settled, and what is committed never goes back.
//!
//! But for one thing, which Kafka cannot prevent: a commit that got no answer in time, because its broker or its
//! connection did not work, may be taken after the next one. It is counted, and must be made good, or the partition
//! is not committed to its end.

use super::{Findings, Rule};
use crate::soak::clock::seconds;
use crate::soak::history::{History, MILLISECOND};

/// The faults by which a commit can be held up between a service and its coordinator.
const HOLD_COMMITS_UP: [&str; 6] = [
    "kill a broker",
    "pause a broker",
    "move the coordinator",
    "cut connections",
    "freeze connections",
    "drop commit replies",
];

pub(super) fn check(history: &History, findings: &mut Findings) {
    for (partition, lane) in &history.lanes {
        let mut before = None;
        for commit in &lane.commits {
            let taken = seconds(commit.taken);
            if let Some(before) = before
                && commit.next < before
                && history
                    .fault_between(commit.taken, commit.taken, |fault| {
                        HOLD_COMMITS_UP.contains(&fault.kind.as_str())
                    })
                    .is_some()
            {
                findings.late_commits += 1;
            } else if let Some(before) = before
                && commit.next < before
            {
                findings.broke(Rule::WentBack, || {
                    format!(
                        "{partition}: {} was committed after {before}, at {taken:.3}",
                        commit.next
                    )
                });
            }
            before = Some(commit.next);
            let Some((offset, last)) = lane.records.range(..commit.next).next_back() else {
                continue;
            };
            let latest = commit.taken + 2 * MILLISECOND;
            if last.committable.is_none_or(|at| at > latest) {
                let unsettled = lane
                    .records
                    .range(lane.deleted_below..commit.next)
                    .find(|(_, record)| record.settled.is_none_or(|at| at > latest));
                findings.broke(Rule::CommittedTooMuch, || {
                    let (first, record) = unsettled.unwrap_or((offset, last));
                    let then = match record.settled {
                        Some(at) => format!("was only settled at {:.3}", seconds(at)),
                        None => "never was settled".to_owned(),
                    };
                    format!(
                        "{partition}: {} was committed at {taken:.3}, and {first} {then}",
                        commit.next
                    )
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::testing::Story;
    use crate::soak::checker::{Rule, Verdict};

    #[test]
    fn a_commit_of_what_is_settled_is_right() {
        let mut story = Story::quiet();
        story.commit(50, 15_010);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn a_commit_of_what_is_at_work_is_too_much() {
        let mut story = Story::quiet();
        // Record 50 begins at 15,000 and ends at 15,005.
        story.commit(51, 15_001);
        assert_eq!(story.check().times(Rule::CommittedTooMuch), 1);
    }

    #[test]
    fn a_commit_over_a_record_that_failed_is_too_much() {
        let mut story = Story::quiet().without_handling(20);
        story.commit(50, 15_010);
        assert!(story.check().times(Rule::CommittedTooMuch) > 0);
    }

    #[test]
    fn a_commit_below_an_earlier_one_goes_back() {
        let mut story = Story::quiet();
        story.commit(50, 15_010);
        story.commit(40, 15_500);
        assert_eq!(story.check().times(Rule::WentBack), 1);
    }

    #[test]
    fn a_commit_that_was_held_up_may_come_late() {
        let mut story = Story::quiet();
        story.fault("pause a broker", 14_000, 15_200, &[], false);
        story.commit(50, 15_100);
        story.commit(40, 15_150);
        story.commit(50, 15_300);
        let findings = story.check();
        assert_eq!(findings.times(Rule::WentBack), 0, "{findings:#?}");
        assert_eq!(findings.late_commits, 1);
    }

    #[test]
    fn a_frozen_process_holds_no_commit_up() {
        let mut story = Story::quiet();
        story.fault("stop and continue a service", 14_000, 15_200, &[1], false);
        story.commit(50, 15_100);
        story.commit(40, 15_150);
        assert_eq!(story.check().times(Rule::WentBack), 1);
    }

    #[test]
    fn a_commit_of_a_partition_whose_beginning_was_deleted_is_right() {
        let mut story = Story::quiet().without_handling(2);
        story.delete(3, 5_000);
        story.commit(50, 15_010);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }
}
