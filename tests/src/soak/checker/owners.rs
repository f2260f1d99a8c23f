//! One owner at a time: of two processes, no handlers are at work on one partition at once, but after an ungraceful
//! fault; within a process, none on what is handled one after the other.

use std::collections::BTreeMap;

use super::{Findings, Rule};
use crate::soak::clock::{Nanos, seconds};
use crate::soak::history::{Handling, History};
use crate::soak::stream::{Order, Partition};

pub(super) fn check(history: &History, findings: &mut Findings) {
    for (partition, lane) in &history.lanes {
        let mut handlings: Vec<_> = lane
            .records
            .values()
            .flat_map(|record| &record.handlings)
            .map(|place| &history.handlings[*place])
            .collect();
        handlings.sort_by_key(|handling| handling.began);
        // What may still be at work, by process.
        let mut at_work: BTreeMap<u32, Vec<&Handling>> = BTreeMap::new();
        for handling in handlings {
            for earlier in at_work.values_mut() {
                earlier.retain(|earlier| end(history, earlier) > handling.began);
            }
            for earlier in at_work.values().flatten() {
                if earlier.process == handling.process {
                    check_process(findings, *partition, earlier, handling);
                } else {
                    check_owners(history, findings, *partition, earlier, handling);
                }
            }
            at_work.entry(handling.process).or_default().push(handling);
        }
    }
}

fn end(history: &History, handling: &Handling) -> Nanos {
    handling
        .ended
        .map_or_else(|| history.end_of(handling.process), |(at, _)| at)
}

fn check_process(findings: &mut Findings, partition: Partition, one: &Handling, other: &Handling) {
    let apart = match partition.stream.order() {
        Order::Partition => false,
        Order::Key => one.rec.key != other.rec.key,
        Order::None => one.rec.o != other.rec.o,
    };
    if !apart {
        findings.broke(Rule::Owners, || {
            format!(
                "process {} began {partition}@{} at {:.3}, while it was still at work on {}",
                one.process,
                other.rec.o,
                seconds(other.began),
                one.rec.o
            )
        });
    }
}

fn check_owners(
    history: &History,
    findings: &mut Findings,
    partition: Partition,
    one: &Handling,
    other: &Handling,
) {
    let excuse = history.fault_between(one.began, other.began, |fault| {
        !fault.graceful && (fault.hits(one.process) || fault.hits(other.process))
    });
    if excuse.is_none() {
        findings.broke(Rule::Owners, || {
            format!(
                "process {} began {partition}@{} at {:.3}, while process {} was still at work on {}",
                other.process,
                other.rec.o,
                seconds(other.began),
                one.process,
                one.rec.o
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::soak::checker::Rule;
    use crate::soak::checker::testing::Story;
    use crate::soak::log::{Event, Outcome};
    use crate::soak::stream::Stream;

    /// Process 1 is at work on record 99 from 30,000 to 32,000, and process 2 on record 98 at 31,000.
    fn two_owners(stream: Stream) -> Story {
        let mut story = Story::of(stream).without_handling(99);
        let rec = story.rec(99);
        story.at(30_000, 1, Event::Began(rec));
        let outcome = Outcome::Done;
        story.at(32_000, 1, Event::Ended { rec, outcome });
        story.handle(2, story.rec(98), 31_000);
        story
    }

    #[test]
    fn two_owners_at_once_are_seen_in_any_order() {
        for stream in Stream::ALL {
            assert_eq!(
                two_owners(stream).check().times(Rule::Owners),
                1,
                "{stream}"
            );
        }
    }

    #[test]
    fn after_a_pause_there_may_be_two() {
        let mut story = two_owners(Stream::Orders);
        story.fault("pause a service", 30_500, 32_000, &[1], false);
        assert_eq!(story.check().times(Rule::Owners), 0);
    }

    #[test]
    fn a_killed_process_owns_nothing() {
        let mut story = Story::quiet().without_handling(99);
        story.at(30_000, 1, Event::Began(story.rec(99)));
        let gone = Event::Gone {
            process: 1,
            status: "signal 9".to_owned(),
            expected: true,
        };
        story.at(30_500, 0, gone);
        story.handle(2, story.rec(99), 31_000);
        assert_eq!(story.check().times(Rule::Owners), 0);
    }

    #[test]
    fn two_handlers_at_once_in_one_process_are_seen() {
        for (stream, times) in [
            (Stream::Orders, 1),
            (Stream::Accounts, 0),
            (Stream::Jobs, 0),
        ] {
            let mut story = Story::of(stream);
            // Record 40 is at work from 14,000 to 14,005; the key of 41 is another.
            story = story.without_handling(41);
            let rec = story.rec(41);
            story.at(14_002, 1, Event::Began(rec));
            let outcome = Outcome::Done;
            story.at(14_007, 1, Event::Ended { rec, outcome });
            assert_eq!(story.check().times(Rule::Owners), times, "{stream}");
        }
    }

    #[test]
    fn two_handlers_at_once_with_one_record_are_seen() {
        let mut story = Story::of(Stream::Jobs).without_handling(40);
        let rec = story.rec(40);
        story.at(14_000, 1, Event::Began(rec));
        story.at(14_001, 1, Event::Began(rec));
        let outcome = Outcome::Done;
        story.at(14_007, 1, Event::Ended { rec, outcome });
        assert_eq!(story.check().times(Rule::Owners), 1);
    }
}
