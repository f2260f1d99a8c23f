//! Generated histories of a topic: records are delivered, taken, settled, fail and come again, while partitions
//! halt, are drained, given up, assigned anew and set back. What must hold in all of them is in [`machine`].
//!
//! These are plain lists of steps, not a state machine with preconditions: a step that makes no sense where it
//! comes does nothing, so that any history can be shortened by leaving steps out.

mod deliveries;
mod machine;
mod poll;
mod workers;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::runtime::Order;
use crate::testing::cases;
use machine::Machine;

/// How many partitions there are.
const PARTITIONS: usize = 2;
/// How many workers there are.
const WORKERS: usize = 3;

/// What a topic is like.
#[derive(Clone, Copy, Debug)]
struct Setup {
    order: Order,
    /// Whether records wait for their time, as in a retry topic.
    delayed: bool,
    capacity: usize,
}

/// How a record ends in a worker's hand.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Handled,
    /// It comes again, after a wait.
    Again,
    /// It goes to another topic.
    Moves,
    /// Its partition stops.
    Halts,
}

#[derive(Clone, Debug)]
enum Step {
    /// The group gives the partition to this member.
    Assign(usize),
    /// The poll thread reads up to so many records.
    Read(usize, usize),
    /// The client goes back to an earlier offset.
    Rewind(usize, Index),
    /// The worker takes work, if it has none.
    Take(usize),
    /// The worker is done with its record.
    Finish(usize, Outcome),
    /// The wait of a record that failed is over, or the other topic has it.
    Recover(Index),
    /// Time passes.
    Tick,
    /// What is settled is committed.
    Commit(usize),
    /// The partition is to be given up: nothing more of it is started.
    Suspend(usize),
    /// The partition is given up, with a last commit or without.
    Retire(usize, bool),
}

fn setup() -> impl Strategy<Value = Setup> {
    let kinds = [
        (Order::Partition, false),
        (Order::Key, false),
        (Order::None, false),
        (Order::None, true),
    ];
    (prop::sample::select(kinds.to_vec()), 1..12_usize).prop_map(|((order, delayed), capacity)| {
        Setup {
            order,
            delayed,
            capacity,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let partition = || 0..PARTITIONS;
    let outcome = prop_oneof![
        6 => Just(Outcome::Handled),
        3 => Just(Outcome::Again),
        1 => Just(Outcome::Moves),
        1 => Just(Outcome::Halts),
    ];
    prop_oneof![
        3 => partition().prop_map(Step::Assign),
        6 => (partition(), 1..5_usize).prop_map(|(partition, max)| Step::Read(partition, max)),
        1 => (partition(), any::<Index>()).prop_map(|(partition, to)| Step::Rewind(partition, to)),
        7 => (0..WORKERS).prop_map(Step::Take),
        9 => (0..WORKERS, outcome).prop_map(|(worker, outcome)| Step::Finish(worker, outcome)),
        3 => any::<Index>().prop_map(Step::Recover),
        1 => Just(Step::Tick),
        2 => partition().prop_map(Step::Commit),
        1 => partition().prop_map(Step::Suspend),
        1 => (partition(), any::<bool>()).prop_map(|(partition, commit)| Step::Retire(partition, commit)),
    ]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn model_of_epochs_and_lanes(setup in setup(), steps in prop::collection::vec(step(), 0..120)) {
        let mut machine = Machine::new(setup);
        for step in &steps {
            machine.step(step);
        }
        machine.run_dry();
    }
}
