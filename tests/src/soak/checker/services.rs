//! Services keep to their memory, end when they are asked to, and only then.

use super::{Findings, Rule};
use crate::soak::clock::{nanos, seconds};
use crate::soak::history::History;

pub(super) fn check(history: &History, findings: &mut Findings) {
    for (number, process) in &history.processes {
        if process.peak_kib > history.promises.memory_kib {
            findings.broke(Rule::Memory, || {
                format!(
                    "process {number} used {} KiB, and may use {}",
                    process.peak_kib, history.promises.memory_kib
                )
            });
        }
        match &process.gone {
            Some((at, status, false)) => findings.broke(Rule::Died, || {
                format!(
                    "process {number} ended with {status} at {:.3}",
                    seconds(*at)
                )
            }),
            _ => check_shutdown(history, findings, *number),
        }
    }
}

fn check_shutdown(history: &History, findings: &mut Findings, number: u32) {
    let process = &history.processes[&number];
    let Some(asked) = process.asked else { return };
    let Some((gone, ..)) = process.gone else {
        findings.broke(Rule::Shutdown, || {
            format!(
                "process {number} was asked to end at {:.3}, and did not",
                seconds(asked)
            )
        });
        return;
    };
    if gone.saturating_sub(asked) > nanos(history.promises.shutdown) {
        findings.broke(Rule::Shutdown, || {
            let took = seconds(gone - asked);
            format!("process {number} took {took:.1} s to end after it was asked to")
        });
    }
    let broken = history.fault_between(asked, gone, |fault| !fault.graceful && fault.hits(number));
    if broken.is_some() {
        return;
    }
    match &process.report {
        Some((true, _)) => {}
        Some((false, report)) => findings.broke(Rule::Shutdown, || {
            format!("process {number} left something undone, and nothing was broken: {report}")
        }),
        None => findings.broke(Rule::Shutdown, || {
            format!("process {number} ended without a report")
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::testing::Story;
    use crate::soak::checker::{Rule, Verdict};
    use crate::soak::log::Event;

    fn ended(after: u64, clean: bool) -> Story {
        let mut story = Story::quiet();
        story.at(455_000, 0, Event::Ending { process: 1 });
        let report = String::new();
        story.at(455_000 + after - 1, 1, Event::ShutDown { clean, report });
        story.at(455_000 + after, 0, gone(true));
        story
    }

    fn gone(expected: bool) -> Event {
        Event::Gone {
            process: 1,
            status: "exit status: 0".to_owned(),
            expected,
        }
    }

    #[test]
    fn a_clean_and_quick_end_passes() {
        let findings = ended(2_000, true).check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn a_slow_end_is_seen() {
        assert_eq!(ended(21_000, true).check().times(Rule::Shutdown), 1);
    }

    #[test]
    fn an_unclean_end_needs_a_cause() {
        assert_eq!(ended(2_000, false).check().times(Rule::Shutdown), 1);
        let mut story = ended(2_000, false);
        story.fault("pause a broker", 450_000, 456_000, &[], false);
        assert_eq!(story.check().times(Rule::Shutdown), 0);
    }

    #[test]
    fn no_end_at_all_is_seen() {
        let mut story = Story::quiet();
        story.at(455_000, 0, Event::Ending { process: 1 });
        assert_eq!(story.check().times(Rule::Shutdown), 1);
    }

    #[test]
    fn a_service_that_dies_is_seen() {
        let mut story = Story::quiet();
        story.at(455_000, 0, gone(false));
        assert_eq!(story.check().times(Rule::Died), 1);
    }

    #[test]
    fn too_much_memory_is_seen() {
        let mut story = Story::quiet();
        for peak_kib in [100_000, 200_001, 150_000] {
            story.at(
                30_000,
                0,
                Event::Memory {
                    process: 1,
                    peak_kib,
                },
            );
        }
        assert_eq!(story.check().times(Rule::Memory), 1);
    }
}
