//! The offset tracker: pure, without Kafka and without threads.

use std::collections::VecDeque;

use super::{NextOffset, Offset};

/// A delivered record's place in its tracker, to settle it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// That of the record that was delivered so many after this one's, together with it.
    pub(crate) fn behind(self, records: usize) -> Self {
        Self(self.0 + records as u64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Delivered,
    Settled,
    /// Delivered again later: the later delivery is the one that counts.
    Superseded,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: Offset,
    state: State,
}

/// Which of the delivered records of one partition are settled.
///
/// It knows the offsets that were *delivered*, in order; gaps between them are normal (compaction,
/// transaction markers, aborted transactions). [`position`](Self::position) is where to read on if
/// every record below it is settled: the only offset that may be committed.
#[derive(Debug, Default)]
pub(crate) struct OffsetTracker {
    /// Everything delivered from the first record on that is not settled.
    entries: VecDeque<Entry>,
    /// The ticket of `entries[0]`.
    first: u64,
    position: Option<NextOffset>,
}

impl OffsetTracker {
    /// Notes that the record at `offset` was delivered.
    ///
    /// An offset that is not above the last one is a redelivery (the broker's log was truncated, or
    /// the position was reset): it replaces what was delivered from there on, whose tickets go stale,
    /// and the position goes back to it.
    pub(crate) fn deliver(&mut self, offset: Offset) -> Ticket {
        if self
            .entries
            .back()
            .is_some_and(|last| offset <= last.offset)
            || self.position.is_some_and(|position| offset.0 < position.0)
        {
            self.rewind(offset);
        }
        self.entries.push_back(Entry {
            offset,
            state: State::Delivered,
        });
        Ticket(self.first + self.entries.len() as u64 - 1)
    }

    /// Notes that records were delivered, one after the other. Returns the ticket of the first.
    pub(crate) fn deliver_all(&mut self, offsets: impl IntoIterator<Item = Offset>) -> Ticket {
        // Each delivery is the next ticket, whatever it makes of earlier ones.
        let first = Ticket(self.first + self.entries.len() as u64);
        for offset in offsets {
            self.deliver(offset);
        }
        first
    }

    /// Nothing was delivered yet, and reading begins at `position`.
    pub(crate) fn start_at(&mut self, position: NextOffset) {
        self.position = Some(position);
    }

    /// Notes that the records of `tickets` are settled. Returns how many of them were not already, and were not
    /// superseded.
    pub(crate) fn settle(&mut self, tickets: impl IntoIterator<Item = Ticket>) -> usize {
        let mut settled = 0;
        for ticket in tickets {
            let entry = ticket
                .0
                .checked_sub(self.first)
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| self.entries.get_mut(index));
            if let Some(entry) = entry
                && entry.state == State::Delivered
            {
                entry.state = State::Settled;
                settled += 1;
            }
        }
        if settled > 0 {
            self.advance();
        }
        settled
    }

    /// Where to read on: every delivered record below it is settled. `None` until one is.
    pub(crate) fn position(&self) -> Option<NextOffset> {
        self.position
    }

    /// The first record that is not settled, as where to read on; `None` if there is none.
    pub(crate) fn first_unsettled(&self) -> Option<NextOffset> {
        self.entries.front().map(|entry| NextOffset(entry.offset.0))
    }

    /// How many records are kept account of: the first that is not settled, and all behind it.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many delivered records are not settled.
    #[cfg(test)]
    pub(crate) fn unsettled(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.state == State::Delivered)
            .count()
    }

    fn rewind(&mut self, to: Offset) {
        for entry in self
            .entries
            .iter_mut()
            .rev()
            .take_while(|entry| entry.offset >= to)
        {
            entry.state = State::Superseded;
        }
        if self.position.is_some_and(|position| position.0 > to.0) {
            self.position = Some(NextOffset(to.0));
        }
        self.advance();
    }

    fn advance(&mut self) {
        while let Some(entry) = self.entries.front() {
            match entry.state {
                State::Delivered => return,
                State::Settled => self.position = Some(entry.offset.next()),
                State::Superseded => {}
            }
            self.entries.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::cases;

    #[test]
    fn nothing_is_committable_before_the_first_record_is_settled() {
        let mut tracker = OffsetTracker::default();
        assert_eq!(tracker.position(), None);
        let first = tracker.deliver(Offset(7));
        let second = tracker.deliver(Offset(9));
        assert_eq!(tracker.settle([second]), 1);
        assert_eq!(tracker.position(), None);
        assert_eq!(tracker.settle([first]), 1);
        assert_eq!(tracker.position(), Some(NextOffset(10)));
        assert_eq!(tracker.settle([first, second]), 0);
    }

    #[test]
    fn a_redelivery_replaces_what_was_delivered_from_there_on() {
        let mut tracker = OffsetTracker::default();
        let tickets: Vec<_> = (0..5)
            .map(|offset| tracker.deliver(Offset(offset)))
            .collect();
        tracker.settle([tickets[0], tickets[1], tickets[3]]);
        let again = tracker.deliver(Offset(1));
        assert_eq!(tracker.position(), Some(NextOffset(1)));
        assert_eq!(
            tracker.settle([tickets[4]]),
            0,
            "a stale ticket settles nothing"
        );
        assert_eq!(tracker.unsettled(), 1);
        assert_eq!(tracker.settle([again]), 1);
        assert_eq!(tracker.position(), Some(NextOffset(2)));
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Deliver a record, so many offsets after the last.
        Deliver(u8),
        /// Settle one of all tickets ever given, with those behind it: so many in all.
        Settle(prop::sample::Index, usize),
        /// Deliver again from an earlier offset.
        Rewind(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..4_u8).prop_map(Step::Deliver),
            4 => (any::<prop::sample::Index>(), prop_oneof![4 => Just(1_usize), 1 => 1..8_usize])
                .prop_map(|(index, more)| Step::Settle(index, more)),
            1 => any::<prop::sample::Index>().prop_map(Step::Rewind),
        ]
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// Against a model that keeps every delivery in a plain list.
        #[test]
        fn model_of_the_offset_tracker(steps in prop::collection::vec(step(), 0..200)) {
            let mut tracker = OffsetTracker::default();
            // (ticket, offset, live, settled)
            let mut model: Vec<(Ticket, i64, bool, bool)> = Vec::new();
            let mut position: Option<i64> = None;
            let mut last = -1;
            for step in steps {
                match step {
                    Step::Deliver(gap) => {
                        last += i64::from(gap);
                        model.push((tracker.deliver(Offset(last)), last, true, false));
                    }
                    Step::Rewind(index) if last >= 0 => {
                        last = i64::try_from(index.index(usize::try_from(last).unwrap() + 1)).unwrap();
                        for entry in model.iter_mut().filter(|entry| entry.1 >= last) {
                            entry.2 = false;
                        }
                        position = position.map(|position| position.min(last));
                        model.push((tracker.deliver(Offset(last)), last, true, false));
                    }
                    Step::Settle(index, more) if !model.is_empty() => {
                        let at = index.index(model.len());
                        // With those that were given next, as a worker settles what it has handled in a row.
                        let run = at..model.len().min(at + more);
                        let mut expected = 0;
                        let tickets: Vec<_> = model[run.clone()].iter().map(|entry| entry.0).collect();
                        for entry in &mut model[run] {
                            let counts = entry.2 && !entry.3;
                            entry.3 |= counts;
                            expected += usize::from(counts);
                        }
                        prop_assert_eq!(tracker.settle(tickets), expected);
                    }
                    Step::Rewind(_) | Step::Settle(..) => {}
                }
                let live = || model.iter().filter(|entry| entry.2);
                // It goes forward over what is settled from the first on, and back only where a redelivery begins.
                let settled = live().take_while(|entry| entry.3).last().map(|entry| entry.1 + 1);
                position = position.max(settled);
                prop_assert_eq!(tracker.position(), position.map(NextOffset));
                let unsettled: Vec<_> = live().filter(|entry| !entry.3).collect();
                prop_assert_eq!(tracker.unsettled(), unsettled.len());
                let first = unsettled.first().map(|entry| NextOffset(entry.1));
                prop_assert_eq!(tracker.first_unsettled(), first);
                prop_assert!(first.is_none_or(|first| position.is_none_or(|position| position <= first.0)));
            }
        }
    }
}
