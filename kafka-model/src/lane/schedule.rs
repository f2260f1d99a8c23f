//! Who may go next: pure, without threads.
//!
//! What must keep its order waits in a *lane*; one worker at a time has a lane. What need not keep any
//! order goes to whoever comes first.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// An ordered unit of work: a partition under `order = "partition"`, a key of a partition under
/// `order = "key"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    /// The assignment's epoch.
    pub(crate) epoch: u64,
    /// The key's hash; 0 under `order = "partition"`.
    pub(crate) key: u64,
}

/// A key's hash is keyed and spread already, and epochs are counted by us: nobody can choose lanes that fall together.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio: numbers in a row come apart in the upper bits, too.
        self.0 = (self.0.rotate_left(32) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Where an item waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind the others of its lane.
    Lane(LaneKey),
    /// Anywhere: it has no order to keep.
    Anywhere,
}

/// Something that waits: some records of one assignment.
pub(crate) trait Item {
    /// The assignment's epoch.
    fn epoch(&self) -> u64;
}

#[derive(Debug)]
struct Lane<I> {
    waiting: VecDeque<(u64, I)>,
    busy: bool,
}

/// The items that wait, by lane.
#[derive(Debug)]
pub(crate) struct Schedule<I> {
    lanes: HashMap<LaneKey, Lane<I>, BuildHasherDefault<Spread>>,
    /// Lanes that have items and no worker, in the order in which they became so.
    ready: VecDeque<LaneKey>,
    anywhere: VecDeque<(u64, I)>,
    /// Numbers items in the order in which they came.
    next: u64,
    /// Queues of lanes that are gone, to be used again.
    spare: Vec<VecDeque<(u64, I)>>,
}

/// The number of an item that was begun already: none has waited longer.
const FIRST: u64 = 0;

/// How many empty queues are kept for lanes to come: as many as there can be with the default `max_buffered`, so that
/// under `order = "key"` a record does not cost an allocation.
const SPARE: usize = 10_000;

impl<I> Default for Schedule<I> {
    fn default() -> Self {
        Self {
            lanes: HashMap::default(),
            ready: VecDeque::new(),
            anywhere: VecDeque::new(),
            next: FIRST + 1,
            spare: Vec::new(),
        }
    }
}

impl<I: Item> Schedule<I> {
    /// Adds an item. Returns whether there is now something more that a worker could take.
    pub(crate) fn push(&mut self, place: Place, item: I) -> bool {
        let number = self.next;
        self.next += 1;
        match place {
            Place::Anywhere => {
                self.anywhere.push_back((number, item));
                true
            }
            Place::Lane(key) => {
                let spare = &mut self.spare;
                let lane = self.lanes.entry(key).or_insert_with(|| Lane {
                    waiting: spare.pop().unwrap_or_default(),
                    busy: false,
                });
                let first = lane.waiting.is_empty() && !lane.busy;
                lane.waiting.push_back((number, item));
                if first {
                    self.ready.push_back(key);
                }
                first
            }
        }
    }

    /// Takes an item, and with it the lane it waited in, until [`done`](Self::done).
    ///
    /// What waits anywhere is not overtaken by what came after it, however many lanes are ready: it would hold its
    /// place in the buffer, and the position, for as long as they keep the workers busy.
    pub(crate) fn take(&mut self) -> Option<(Place, I)> {
        let oldest = self.anywhere.front().map(|(number, _)| *number);
        while let Some(key) = self.ready.front().copied() {
            let lane = self.lanes.get_mut(&key);
            let first = lane.as_ref().and_then(|lane| lane.waiting.front());
            let first = first.map(|(number, _)| *number);
            if first.is_some_and(|first| oldest.is_some_and(|oldest| oldest < first)) {
                break;
            }
            self.ready.pop_front();
            if let Some(lane) = lane
                && let Some((_, item)) = lane.waiting.pop_front()
            {
                lane.busy = true;
                return Some((Place::Lane(key), item));
            }
        }
        self.anywhere
            .pop_front()
            .map(|(_, item)| (Place::Anywhere, item))
    }

    /// Gives a lane back. Returns whether it has more, so that a worker could take it.
    pub(crate) fn done(&mut self, place: Place) -> bool {
        let Place::Lane(key) = place else {
            return false;
        };
        let Some(lane) = self.lanes.get_mut(&key) else {
            return false;
        };
        lane.busy = false;
        if lane.waiting.is_empty() {
            self.forget(key);
            return false;
        }
        self.ready.push_back(key);
        true
    }

    /// Gives a lane back with an item that comes before everything that waits in it, so that a worker can take
    /// it.
    pub(crate) fn again(&mut self, place: Place, item: I) {
        let Place::Lane(key) = place else {
            self.anywhere.push_front((FIRST, item));
            return;
        };
        self.free(key).waiting.push_front((FIRST, item));
        self.ready.push_back(key);
    }

    /// Gives back an item that was taken and not begun: it is the next again, and its lane is free.
    pub(crate) fn put_back(&mut self, place: Place, item: I) {
        let Place::Lane(key) = place else {
            self.anywhere.push_front((FIRST, item));
            return;
        };
        self.free(key).waiting.push_front((FIRST, item));
        self.ready.push_front(key);
    }

    /// A lane that was taken, free again.
    fn free(&mut self, key: LaneKey) -> &mut Lane<I> {
        let spare = &mut self.spare;
        let lane = self.lanes.entry(key).or_insert_with(|| Lane {
            waiting: spare.pop().unwrap_or_default(),
            busy: true,
        });
        lane.busy = false;
        lane
    }

    /// How many items could be taken now.
    pub(crate) fn takeable(&self) -> usize {
        self.ready.len() + self.anywhere.len()
    }

    /// Removes everything that waits of an assignment, but for what `keep` wants to keep.
    pub(crate) fn purge(&mut self, epoch: u64, keep: impl Fn(&I) -> bool) -> Vec<I> {
        let mut purged = Vec::new();
        let keys: Vec<_> = self
            .lanes
            .keys()
            .filter(|key| key.epoch == epoch)
            .copied()
            .collect();
        for key in keys {
            if let Some(lane) = self.lanes.get_mut(&key) {
                for (number, item) in std::mem::take(&mut lane.waiting) {
                    if keep(&item) {
                        lane.waiting.push_back((number, item));
                    } else {
                        purged.push(item);
                    }
                }
                if !lane.busy && lane.waiting.is_empty() {
                    self.forget(key);
                }
            }
        }
        let lanes = &self.lanes;
        self.ready
            .retain(|key| key.epoch != epoch || lanes.contains_key(key));
        let mut kept = VecDeque::with_capacity(self.anywhere.len());
        for (number, item) in self.anywhere.drain(..) {
            if item.epoch() == epoch && !keep(&item) {
                purged.push(item);
            } else {
                kept.push_back((number, item));
            }
        }
        self.anywhere = kept;
        purged
    }

    /// Takes back the item that has waited longest.
    pub(crate) fn pop_oldest(&mut self) -> Option<I> {
        let lane = self
            .lanes
            .iter()
            .filter_map(|(key, lane)| Some((lane.waiting.front()?.0, *key)))
            .min_by_key(|(number, _)| *number);
        let anywhere = self.anywhere.front().map(|(number, _)| *number);
        match (lane, anywhere) {
            (Some((number, key)), other) if other.is_none_or(|other| number < other) => {
                let lane = self.lanes.get_mut(&key)?;
                let (_, item) = lane.waiting.pop_front()?;
                if lane.waiting.is_empty() && !lane.busy {
                    self.ready.retain(|ready| *ready != key);
                    self.forget(key);
                }
                Some(item)
            }
            _ => self.anywhere.pop_front().map(|(_, item)| item),
        }
    }

    fn forget(&mut self, key: LaneKey) {
        if let Some(lane) = self.lanes.remove(&key)
            && self.spare.len() < SPARE
        {
            self.spare.push(lane.waiting);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::cases;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Numbered {
        lane: Option<LaneKey>,
        epoch: u64,
        number: u64,
        /// It was given back.
        begun: bool,
    }

    impl Item for Numbered {
        fn epoch(&self) -> u64 {
            self.epoch
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push {
            epoch: u64,
            key: Option<u64>,
        },
        Take,
        Done(prop::sample::Index),
        /// Give one back with an item that comes before all that waits in it: begun, or as it was taken.
        Again(prop::sample::Index, bool),
        Purge {
            epoch: u64,
            all: bool,
        },
        PopOldest,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (0..3_u64, prop::option::of(0..4_u64)).prop_map(|(epoch, key)| Step::Push { epoch, key }),
            4 => Just(Step::Take),
            3 => any::<prop::sample::Index>().prop_map(Step::Done),
            2 => any::<(prop::sample::Index, bool)>().prop_map(|(index, begun)| Step::Again(index, begun)),
            1 => (0..3_u64, any::<bool>()).prop_map(|(epoch, all)| Step::Purge { epoch, all }),
            1 => Just(Step::PopOldest),
        ]
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// No lane has two workers, each lane keeps its order, nothing is lost, nothing is invented.
        #[test]
        fn model_of_lanes(steps in prop::collection::vec(step(), 0..200)) {
            let mut schedule = Schedule::default();
            let mut waiting: Vec<Numbered> = Vec::new();
            let mut busy: Vec<(Place, Numbered)> = Vec::new();
            let mut number = 0;
            for step in steps {
                match step {
                    Step::Push { epoch, key } => {
                        let lane = key.map(|key| LaneKey { epoch, key });
                        let item = Numbered { lane, epoch, number, begun: false };
                        number += 1;
                        waiting.push(item);
                        schedule.push(lane.map_or(Place::Anywhere, Place::Lane), item);
                    }
                    Step::Take => {
                        let owned: HashSet<_> = busy
                            .iter()
                            .filter_map(|(place, _)| match place { Place::Lane(key) => Some(*key), Place::Anywhere => None })
                            .collect();
                        let free = |item: &&Numbered| item.lane.is_none_or(|lane| !owned.contains(&lane));
                        match schedule.take() {
                            None => prop_assert!(waiting.iter().find(free).is_none()),
                            Some((place, item)) => {
                                let first = waiting.iter().find(|other| other.lane == item.lane).copied();
                                prop_assert_eq!(first, Some(item));
                                let overtaken = waiting
                                    .iter()
                                    .find(|other| other.lane.is_none() && other.number < item.number);
                                prop_assert!(item.begun || overtaken.is_none(), "{item:?} overtakes {overtaken:?}");
                                prop_assert!(item.lane.is_none_or(|lane| !owned.contains(&lane)));
                                waiting.retain(|other| *other != item);
                                busy.push((place, item));
                            }
                        }
                    }
                    Step::Done(index) if !busy.is_empty() => {
                        let (place, _) = busy.remove(index.index(busy.len()));
                        schedule.done(place);
                    }
                    Step::Again(index, begun) if !busy.is_empty() => {
                        let (place, item) = busy.remove(index.index(busy.len()));
                        let item = Numbered { begun: true, ..item };
                        waiting.insert(0, item);
                        if begun {
                            schedule.again(place, item);
                        } else {
                            schedule.put_back(place, item);
                        }
                    }
                    Step::Done(_) | Step::Again(..) => {}
                    Step::Purge { epoch, all } => {
                        let mut purged = schedule.purge(epoch, |item| item.begun && !all);
                        purged.sort_by_key(|item| item.number);
                        let (mut gone, kept): (Vec<_>, Vec<_>) = waiting
                            .into_iter()
                            .partition(|item| item.epoch == epoch && (all || !item.begun));
                        gone.sort_by_key(|item| item.number);
                        prop_assert_eq!(purged, gone);
                        waiting = kept;
                    }
                    Step::PopOldest => {
                        // Of those that were given back any may come first.
                        let popped = schedule.pop_oldest();
                        match popped {
                            Some(item) if item.begun => prop_assert!(waiting.contains(&item)),
                            _ => prop_assert_eq!(popped.as_ref(), waiting.first()),
                        }
                        waiting.retain(|item| Some(*item) != popped);
                    }
                }
            }
        }
    }
}
