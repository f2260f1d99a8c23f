//! Nothing is lost, nothing is invented, nothing is altered.

use std::collections::HashMap;

use super::{Findings, Rule};
use crate::soak::history::History;
use crate::soak::log::Rec;
use crate::soak::stream::{Partition, Stream};

pub(super) fn check(history: &History, findings: &mut Findings) {
    for (partition, lane) in &history.lanes {
        for (offset, record) in &lane.records {
            if record.acknowledged.is_some()
                && record.settled.is_none()
                && *offset >= lane.deleted_below
            {
                findings.broke(Rule::Lost, || {
                    let times = record.handlings.len();
                    format!(
                        "{partition}@{offset} (id {}) was acknowledged, and is neither handled nor a dead \
                         letter; {times} handlers began with it",
                        record.rec.id
                    )
                });
            }
        }
    }
    check_retries(history, findings);
    for handling in &history.handlings {
        let rec = handling.rec;
        let partition = Partition {
            stream: rec.s,
            number: rec.p,
        };
        let record = history
            .lanes
            .get(&partition)
            .and_then(|lane| lane.records.get(&rec.o));
        match record {
            None => findings.broke(Rule::Invented, || {
                format!(
                    "{partition}@{} (id {}) was handled, and never sent",
                    rec.o, rec.id
                )
            }),
            Some(record) if record.rec != rec => findings.broke(Rule::Altered, || {
                format!(
                    "{partition}@{}: sent {:?}, handled {rec:?}",
                    rec.o, record.rec
                )
            }),
            Some(_) => {}
        }
    }
    for rec in &history.stray_letters {
        findings.broke(Rule::Invented, || {
            format!("a dead letter of {rec:?}, which was never sent as such")
        });
    }
    for rec in &history.stray_ends {
        findings.broke(Rule::Invented, || {
            format!("the end of a handler that never began: {rec:?}")
        });
    }
}

/// What is in a retry topic was sent to the topic that it is of.
fn check_retries(history: &History, findings: &mut Findings) {
    let mut sent = HashMap::new();
    for lane in history.lanes.values() {
        for record in lane.records.values() {
            let Rec {
                s, id, key, hash, ..
            } = record.rec;
            if Stream::SOURCES.contains(&s) {
                sent.insert((s.group(), id), (key, hash));
            }
        }
    }
    for lane in history.lanes.values() {
        for record in lane.records.values() {
            let Rec {
                s, id, key, hash, ..
            } = record.rec;
            if sent.get(&(s.group(), id)) != Some(&(key, hash)) {
                findings.broke(Rule::Invented, || {
                    format!(
                        "{:?} is in a retry topic, and was never sent as such",
                        record.rec
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
    use crate::soak::log::{Event, Outcome, Rec};
    use crate::soak::stream::Stream;

    #[test]
    fn a_quiet_run_passes() {
        let findings = Story::quiet().check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn a_record_that_nobody_handled_is_lost() {
        let findings = Story::quiet().without_handling(7).check();
        assert_eq!(findings.times(Rule::Lost), 1, "{findings:#?}");
    }

    #[test]
    fn a_record_that_only_failed_is_lost() {
        let mut story = Story::quiet().without_handling(7);
        story.handle_with(1, story.rec(7), 300_000, Outcome::Failed);
        assert_eq!(story.check().times(Rule::Lost), 1);
    }

    #[test]
    fn a_record_that_began_and_never_ended_is_lost() {
        let mut story = Story::quiet().without_handling(7);
        let rec = story.rec(7);
        story.at(300_000, 1, Event::Began(rec));
        assert_eq!(story.check().times(Rule::Lost), 1);
    }

    #[test]
    fn a_dead_letter_settles() {
        let mut story = Story::quiet().without_handling(99);
        let rec = story.rec(99);
        story.handle_with(1, rec, 20_000, Outcome::Failed);
        let appended = story.time(20_100);
        story.at(400_000, 0, Event::DeadLettered { rec, appended });
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn an_acknowledgement_without_offset_counts() {
        let unsaid = |story: Story| {
            let mut story =
                story.without(|event| matches!(event, Event::Acknowledged(rec) if rec.o == 7));
            let rec = Rec {
                o: -1_001,
                ..story.rec(7)
            };
            story.at(10_700, 0, Event::Acknowledged(rec));
            story.check()
        };
        let findings = unsaid(Story::quiet());
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
        let findings = unsaid(Story::quiet().without_handling(7));
        assert_eq!(findings.times(Rule::Lost), 1, "{findings:#?}");
    }

    #[test]
    fn a_record_without_acknowledgement_may_be_there_or_not() {
        let findings = Story::quiet().without_acknowledgement(99).check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn what_was_never_sent_is_invented() {
        let mut story = Story::quiet();
        let mut rec = story.rec(3);
        rec.o = 5_000;
        story.handle(1, rec, 300_000);
        assert_eq!(story.check().times(Rule::Invented), 1);
    }

    #[test]
    fn another_payload_is_altered() {
        let mut story = Story::quiet().without_handling(7);
        let mut rec = story.rec(7);
        rec.hash ^= 1;
        story.handle(1, rec, 10_700);
        let findings = story.check();
        assert_eq!(findings.times(Rule::Altered), 1, "{findings:#?}");
        assert_eq!(
            findings.times(Rule::Lost),
            1,
            "the right one was not handled"
        );
    }

    /// Record 99 of the jobs fails, and is in the first retry topic at 20,100 as `copy` says.
    fn moved(copy: impl Fn(Rec) -> Rec) -> (Story, Rec) {
        let mut story = Story::of(Stream::Jobs).without_handling(99);
        story.handle_with(1, story.rec(99), 20_000, Outcome::Failed);
        let s = Stream::JobsSoon;
        let rec = copy(Rec {
            s,
            o: 0,
            ..story.rec(99)
        });
        let appended = story.time(20_100);
        story.at(500_000, 0, Event::Present { rec, appended });
        let (p, low, high) = (0, 0, 1);
        story.at(500_000, 0, Event::End { s, p, low, high });
        story.commit_of(s, 1, 440_000);
        (story, rec)
    }

    #[test]
    fn what_is_handled_from_a_retry_topic_is_not_lost() {
        let (mut story, rec) = moved(|rec| rec);
        story.handle(1, rec, 22_200);
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }

    #[test]
    fn what_is_forgotten_in_a_retry_topic_is_lost() {
        let (story, _) = moved(|rec| rec);
        let findings = story.check();
        assert_eq!(findings.times(Rule::Lost), 1, "{findings:#?}");
    }

    #[test]
    fn another_record_in_a_retry_topic_is_invented() {
        let (mut story, rec) = moved(|rec| Rec { hash: 1, ..rec });
        story.handle(1, rec, 22_200);
        assert_eq!(story.check().times(Rule::Invented), 1);
    }

    #[test]
    fn what_was_deleted_on_purpose_is_not_lost() {
        let mut story = Story::quiet().without_handling(7);
        story.at(
            5_000,
            0,
            Event::Deleted {
                s: story.stream,
                p: 0,
                below: 8,
            },
        );
        let findings = story.check();
        assert_eq!(findings.times(Rule::Lost), 0, "{findings:#?}");
    }

    #[test]
    fn a_record_that_was_acknowledged_without_its_offset_and_deleted_is_where_it_was_handled() {
        let mut story = Story::quiet().without(|event| {
            matches!(event, Event::Acknowledged(rec) | Event::Present { rec, .. } if rec.o == 20)
        });
        story.delete(30, 20_000);
        let nowhere = Rec {
            o: -1001,
            ..story.rec(20)
        };
        story.at(11_950, 0, Event::Acknowledged(nowhere));
        let findings = story.check();
        assert_eq!(findings.verdict(), Verdict::Pass, "{findings:#?}");
    }
}
