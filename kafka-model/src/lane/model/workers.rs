//! What workers and recoveries do: take work, settle records, let them come again, move or halt.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;

use super::Outcome;
use super::deliveries::State;
use super::machine::{Hand, Machine, Recovery};
use crate::handler::FailureReason;
use crate::lane::{Halt, Place, Work};
use crate::record::Batch;
use crate::runtime::Order;

impl Machine {
    pub(super) fn take(&mut self, worker: usize) {
        if self.hands[worker].is_some() {
            return;
        }
        let mut taken = VecDeque::new();
        let next = self
            .buffer
            .next(false, 3, &mut Vec::new(), &mut taken)
            .now_or_never();
        let (Some(Some(())), Some((place, mut work))) = (next, taken.pop_front()) else {
            return;
        };
        // What was taken with it goes back, since its handler will be waited for; it is begun, if it may be.
        for (_, other) in &taken {
            for index in other.range.clone() {
                let number = self.number(&other.batch, index);
                let waited = self.deliveries.all()[number].state;
                assert!(matches!(waited, State::Waiting | State::Begun));
                if other.begun.is_some() {
                    self.deliveries.change(number, waited, State::Begun);
                }
            }
        }
        self.buffer.put_back([], taken);
        for index in work.range.clone() {
            let number = self.number(&work.batch, index);
            let waited = self.deliveries.all()[number].state;
            assert!(matches!(waited, State::Waiting | State::Begun));
            self.deliveries.change(number, waited, State::Taken);
        }
        let Some(running) = work.begun.take() else {
            self.give_up(&work.batch, work.range.start, work.range.end);
            self.buffer.done(place);
            return;
        };
        let hand = Hand {
            place,
            batch: Arc::clone(&work.batch),
            index: work.range.start,
            end: work.range.end,
            running,
        };
        self.begin(worker, hand, true);
    }

    /// The worker goes on with the record at the hand's index, if there is one and it may.
    pub(super) fn begin(&mut self, worker: usize, hand: Hand, resumed: bool) {
        let partition = hand.running.partition();
        if hand.index < hand.end && (partition.is_active() || (resumed && !partition.is_retired()))
        {
            self.deliveries
                .hand_out(self.number(&hand.batch, hand.index));
            self.hands[worker] = Some(hand);
            return;
        }
        self.give_up(&hand.batch, hand.index, hand.end);
        drop(hand.running);
        self.buffer.done(hand.place);
    }

    pub(super) fn finish(&mut self, worker: usize, outcome: Outcome) {
        let Some(mut hand) = self.hands[worker].take() else {
            return;
        };
        let number = self.number(&hand.batch, hand.index);
        match outcome {
            Outcome::Handled => {
                self.settle(&hand.batch, hand.index, State::InHand);
                self.buffer.release(&hand.batch, hand.index);
            }
            Outcome::Halts => {
                hand.running.partition().halt(Halt {
                    offset: hand.batch.offset(hand.index),
                    reason: FailureReason::Unacknowledged,
                    since: SystemTime::UNIX_EPOCH,
                });
                self.deliveries
                    .change(number, State::InHand, State::GivenUp);
                self.buffer.release(&hand.batch, hand.index);
                self.purge(&Arc::clone(hand.running.partition()), false);
            }
            Outcome::Again | Outcome::Moves => {
                self.deliveries
                    .change(number, State::InHand, State::Recovering);
                let moves = matches!(outcome, Outcome::Moves);
                // Behind it nothing was handled, so that nobody waits for it.
                let keeps = moves || self.setup.order != Order::Partition;
                let Hand {
                    place,
                    batch,
                    index,
                    end,
                    running,
                } = hand;
                let running = keeps.then_some(running);
                self.recoveries.push(Recovery {
                    place,
                    batch,
                    index,
                    end,
                    running,
                    moves,
                });
                return;
            }
        }
        hand.index += 1;
        self.begin(worker, hand, false);
    }

    pub(super) fn recover(&mut self, at: usize) {
        let Recovery {
            place,
            batch,
            index,
            end,
            running,
            moves,
        } = self.recoveries.swap_remove(at);
        let partition = Arc::clone(batch.partition());
        if moves {
            if partition.is_retired() {
                self.deliveries.change(
                    self.number(&batch, index),
                    State::Recovering,
                    State::GivenUp,
                );
            } else {
                self.settle(&batch, index, State::Recovering);
            }
            self.buffer.release(&batch, index);
            drop(running);
            if index + 1 == end {
                self.buffer.done(place);
            } else {
                self.give_back(place, Work::new(&batch, index + 1..end));
            }
            return;
        }
        self.deliveries
            .change(self.number(&batch, index), State::Recovering, State::Taken);
        if partition.is_retired() || (running.is_none() && !partition.is_active()) {
            self.give_up(&batch, index, end);
            self.buffer.done(place);
        } else {
            let work = Work {
                attempts: 1,
                begun: running,
                ..Work::new(&batch, index..end)
            };
            self.give_back(place, work);
        }
    }

    /// Work goes back into the buffer, as the next of its lane.
    pub(super) fn give_back(&mut self, place: Place, work: Work) {
        let state = if work.begun.is_some() {
            State::Begun
        } else {
            State::Waiting
        };
        for index in work.range.clone() {
            self.deliveries
                .change(self.number(&work.batch, index), State::Taken, state);
        }
        self.buffer.again(place, work);
    }

    /// What was taken is dropped, which may only be if its partition is no longer active.
    pub(super) fn give_up(&mut self, batch: &Arc<Batch>, from: usize, to: usize) {
        assert!(
            from == to || !batch.partition().is_active(),
            "{from}..{to} of {:?} are lost",
            batch.partition()
        );
        for index in from..to {
            self.deliveries
                .change(self.number(batch, index), State::Taken, State::GivenUp);
        }
        self.buffer.release_all(batch, from..to);
    }

    pub(super) fn settle(&mut self, batch: &Arc<Batch>, index: usize, from: State) {
        let number = self.number(batch, index);
        let partition = batch.partition();
        let superseded = self.deliveries.all()[number].superseded;
        let position = partition.position();
        let counts = !partition.is_retired() && !superseded;
        assert_eq!(
            partition.settle([batch.ticket(index)]),
            usize::from(counts),
            "{:?}",
            self.deliveries.all()[number]
        );
        let to = if counts {
            let log = &mut self.logs[usize::try_from(partition.id()).unwrap()];
            let at = log.offsets.binary_search(&batch.offset(index).0).unwrap();
            log.settled[at] = true;
            State::Settled
        } else {
            assert_eq!(
                partition.position(),
                position,
                "moved by what no longer counts"
            );
            State::GivenUp
        };
        self.deliveries.change(number, from, to);
    }

    pub(super) fn number(&self, batch: &Arc<Batch>, index: usize) -> usize {
        let found = self
            .batches
            .iter()
            .rev()
            .find(|(other, _)| Arc::ptr_eq(other, batch));
        found.unwrap().1 + index
    }
}
