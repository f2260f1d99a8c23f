//! Whether the run proves anything: each fault had an effect, everything was read at the end, and the cluster
//! itself has kept what it acknowledged.

use super::Findings;
use crate::soak::history::History;

pub(super) fn check(history: &History, findings: &mut Findings) {
    let mut invalid = history.invalid.clone();
    for fault in &history.faults {
        if let Err(reason) = &fault.evidence {
            invalid.push(format!(
                "fault {} ({}, {}) had no proven effect: {reason}",
                fault.number, fault.kind, fault.target
            ));
        }
    }
    if history.healed.is_none() {
        invalid.push("the nemesis was not done".to_owned());
    }
    if let Err(error) = &history.final_read {
        invalid.push(format!("the final read failed: {error}"));
    }
    for (one, other) in history.conflicts.iter().take(3) {
        invalid.push(format!("two records in one place: {one:?} and {other:?}"));
    }
    if history.handlings.is_empty() {
        invalid.push("nothing was handled".to_owned());
    }
    for (partition, lane) in &history.lanes {
        let Some((low, high)) = lane.end else {
            invalid.push(format!("nobody knows where {partition} ends"));
            continue;
        };
        let last = lane.records.keys().next_back().copied().unwrap_or(-1);
        if last >= high {
            invalid.push(format!(
                "{partition} ends at {high}, and offset {last} was acknowledged: the cluster has lost it"
            ));
        }
        if low > lane.deleted_below {
            invalid.push(format!(
                "{partition} begins at {low}, and nobody has deleted more than what is below {}",
                lane.deleted_below
            ));
        }
    }
    findings.invalid = invalid;
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::Verdict;
    use crate::soak::checker::testing::Story;
    use crate::soak::log::Event;

    #[track_caller]
    fn assert_invalid(story: Story) {
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Invalid, "{findings:#?}");
    }

    #[test]
    fn a_fault_without_effect_proves_nothing() {
        let mut story = Story::quiet();
        story.at(
            30_000,
            0,
            Event::FaultBegan {
                number: 1,
                kind: "cut connections".to_owned(),
                target: "process 1".to_owned(),
                processes: vec![1],
                graceful: false,
            },
        );
        let evidence = Err("no connection was there to be cut".to_owned());
        story.at(
            31_000,
            0,
            Event::FaultEnded {
                number: 1,
                evidence,
            },
        );
        assert_invalid(story);
    }

    #[test]
    fn a_failed_final_read_proves_nothing() {
        let mut story = Story::quiet();
        let error = Some("timed out".to_owned());
        story.at(500_002, 0, Event::FinalRead { error });
        assert_invalid(story);
        assert_invalid(Story::quiet().without(|event| matches!(event, Event::FinalRead { .. })));
    }

    #[test]
    fn a_run_that_was_cut_off_proves_nothing() {
        assert_invalid(Story::quiet().without(|event| matches!(event, Event::Healed)));
        assert_invalid(Story::quiet().without(|event| matches!(event, Event::End { .. })));
    }

    #[test]
    fn what_the_harness_says_counts() {
        let mut story = Story::quiet();
        let reason = "the clock was set".to_owned();
        story.at(30_000, 0, Event::Invalid { reason });
        assert_invalid(story);
    }

    #[test]
    fn a_broken_promise_counts_in_an_invalid_run_too() {
        let story = Story::quiet()
            .without_handling(9)
            .without(|event| matches!(event, Event::Healed));
        assert_eq!(story.check().verdict(), Verdict::Fail);
    }
}
