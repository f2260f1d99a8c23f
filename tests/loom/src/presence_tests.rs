//! Who gives a partition up, against workers that come and go.

use loom::cell::UnsafeCell;
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::presence::Presence;

/// A partition, with what only one of a handler and the one who gave the partition up may touch.
struct Partition {
    presence: Presence,
    records: UnsafeCell<u32>,
    idle: Notify,
}

fn partition() -> Arc<Partition> {
    Arc::new(Partition {
        presence: Presence::default(),
        records: UnsafeCell::new(0),
        idle: Notify::new(),
    })
}

/// A worker that handles a record, if it may.
fn work(partition: &Partition) {
    if partition.presence.enter() {
        partition.records.with_mut(|_| ());
    }
    if partition.presence.leave() {
        partition.idle.notify();
    }
}

/// Gives the partition up, and returns when no handler is at work, nor ever will be.
fn give_up(partition: &Partition, retire: impl Fn(&Presence)) {
    retire(&partition.presence);
    while partition.presence.is_running() {
        partition.idle.wait();
    }
    partition.records.with_mut(|_| ());
}

#[test]
fn who_retires_a_partition_sees_the_worker_or_is_told() {
    for retire in [Presence::retire, Presence::suspend] {
        crate::check(move || {
            let partition = partition();
            let worker = {
                let partition = Arc::clone(&partition);
                thread::spawn(move || work(&partition))
            };
            give_up(&partition, retire);
            worker.join().unwrap();
            assert!(!partition.presence.enter());
        });
    }
}

/// Two workers handle records of different lanes at once, so nothing but their presence is looked at.
#[test]
fn the_last_of_two_workers_tells() {
    crate::check(|| {
        let partition = partition();
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let partition = Arc::clone(&partition);
                thread::spawn(move || {
                    partition.presence.enter();
                    if partition.presence.leave() {
                        partition.idle.notify();
                    }
                })
            })
            .collect();
        give_up(&partition, Presence::retire);
        for worker in workers {
            worker.join().unwrap();
        }
        assert!(!partition.presence.is_running());
    });
}
