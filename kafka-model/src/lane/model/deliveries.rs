//! The simple model: a list of all deliveries, and what became of each.

use std::collections::HashMap;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In the buffer.
    Waiting,
    /// In the buffer again, after it was begun.
    Begun,
    /// Out of the buffer together with one before it.
    Taken,
    /// A handler has it.
    InHand,
    /// It failed, and will come again or go elsewhere.
    Recovering,
    Settled,
    /// It was dropped because its partition was no longer active.
    GivenUp,
}

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) partition: usize,
    pub(super) epoch: u64,
    pub(super) offset: i64,
    /// What has to be handled one after the other; `None`: nothing.
    pub(super) lane: Option<u64>,
    pub(super) state: State,
    /// The same offset was delivered again in the same epoch: what happens with this delivery moves nothing.
    pub(super) superseded: bool,
}

impl Delivery {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Settled | State::GivenUp)
    }
}

/// All deliveries, in their order.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    all: Vec<Delivery>,
    /// By epoch: where its deliveries are.
    by_epoch: HashMap<u64, Vec<usize>>,
}

impl Deliveries {
    /// Notes a delivery, and returns its number.
    pub(super) fn add(&mut self, delivery: Delivery) -> usize {
        let numbers = self.by_epoch.entry(delivery.epoch).or_default();
        for earlier in numbers.iter() {
            let earlier = &mut self.all[*earlier];
            earlier.superseded |= earlier.offset >= delivery.offset;
        }
        numbers.push(self.all.len());
        self.all.push(delivery);
        self.all.len() - 1
    }

    pub(super) fn of_epoch(&self, epoch: u64) -> impl Iterator<Item = &Delivery> {
        let numbers = self.by_epoch.get(&epoch).into_iter().flatten();
        numbers.map(|number| &self.all[*number])
    }

    pub(super) fn all(&self) -> &[Delivery] {
        &self.all
    }

    /// What waits of an epoch was purged: `all` of it, or but for what was begun. Returns how many that were.
    pub(super) fn purge(&mut self, epoch: u64, all: bool) -> usize {
        let gone = |delivery: &&mut Delivery| {
            let waits = delivery.state == State::Waiting || (all && delivery.state == State::Begun);
            waits && delivery.epoch == epoch
        };
        let gone = self.all.iter_mut().filter(gone);
        gone.map(|delivery| delivery.state = State::GivenUp).count()
    }

    /// How many of an epoch hold a place in the buffer.
    pub(super) fn held(&self, epoch: u64) -> usize {
        let held = |delivery: &&Delivery| !delivery.is_done();
        self.of_epoch(epoch).filter(held).count()
    }

    /// A worker begins with it: nobody has it, nobody has anything else of its lane, and all that came before it
    /// in its lane is done with.
    pub(super) fn hand_out(&mut self, number: usize) {
        let this = self.all[number].clone();
        assert_eq!(this.state, State::Taken, "handed out twice: {this:?}");
        if let Some(lane) = this.lane {
            let lane_of =
                |other: &&Delivery| other.partition == this.partition && other.lane == Some(lane);
            let other = self
                .all
                .iter()
                .filter(lane_of)
                .find(|other| other.state == State::InHand);
            assert!(
                other.is_none(),
                "{other:?} is in another hand beside {this:?}"
            );
            let before = self.all[..number].iter().filter(lane_of);
            let before: Vec<_> = before.filter(|other| other.epoch == this.epoch).collect();
            for other in before {
                assert!(other.is_done(), "{this:?} overtakes {other:?}");
            }
        }
        self.all[number].state = State::InHand;
    }

    /// Nothing that waits of an epoch, and is about to be given up, came before something that was begun: that would be
    /// handled again.
    pub(super) fn has_no_gap(&self, epoch: u64) {
        let live = || self.of_epoch(epoch).filter(|delivery| !delivery.superseded);
        if live().count() < self.of_epoch(epoch).count() {
            return;
        }
        let waits = live().find(|delivery| delivery.state == State::Waiting);
        let begun = live()
            .filter(|delivery| !matches!(delivery.state, State::Waiting | State::GivenUp))
            .last();
        if let (Some(waits), Some(begun)) = (waits, begun) {
            assert!(begun.offset < waits.offset, "{begun:?} overtook {waits:?}");
        }
    }

    pub(super) fn change(&mut self, number: usize, from: State, to: State) {
        let delivery = &mut self.all[number];
        assert_eq!(delivery.state, from, "{delivery:?} to {to:?}");
        delivery.state = to;
    }

    /// Holds the position of an epoch against its deliveries: it is behind all that is settled from its first delivery on. `None`: nothing is.
    pub(super) fn is_within(&self, epoch: u64, position: Option<i64>) {
        let live = || self.of_epoch(epoch).filter(|delivery| !delivery.superseded);
        let unsettled = live().find(|delivery| delivery.state != State::Settled);
        if let Some(position) = position {
            if let Some(unsettled) = unsettled {
                assert!(
                    position <= unsettled.offset,
                    "{position} covers {unsettled:?}"
                );
            }
            let settled = live()
                .take_while(|delivery| delivery.state == State::Settled)
                .last();
            assert!(
                settled.is_none_or(|settled| settled.offset < position),
                "{position} is not behind {settled:?}"
            );
        } else {
            let first = live().next();
            assert!(
                first.is_none_or(|first| first.state != State::Settled),
                "{first:?} is settled, but there is no position"
            );
        }
    }
}
