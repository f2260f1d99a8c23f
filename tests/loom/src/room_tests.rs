//! The poll thread, which looks for room, against workers that make some.

use loom::sync::{Arc, Notify};
use loom::thread;

use crate::room::{Room, Share};

struct Buffer {
    room: Room,
    shares: [Share; 2],
    told: Notify,
}

/// A buffer for four records, of which so many of each of two partitions are held.
fn buffer(held: [usize; 2]) -> Arc<Buffer> {
    let buffer = Buffer {
        room: Room::new(4, usize::MAX, 4),
        shares: Default::default(),
        told: Notify::new(),
    };
    for (share, records) in buffer.shares.iter().zip(held) {
        buffer.room.hold(share, records, 0);
    }
    Arc::new(buffer)
}

impl Buffer {
    fn release(&self, partition: usize, records: usize) {
        if self.room.release(&self.shares[partition], records, 0) {
            self.told.notify();
        }
    }

    fn hunger(&self) {
        if self.room.hunger() {
            self.told.notify();
        }
    }

    /// What the poll thread does until it has room. Loom finds it if it would wait for ever.
    fn wait_for_room(&self, partition: usize, partitions: usize) {
        let share = &self.shares[partition];
        let look = || self.room.of(share, partitions);
        while self.room.look_or_ask(share, look) == 0 {
            self.told.wait();
        }
    }
}

fn at_once(
    buffer: &Arc<Buffer>,
    work: impl FnOnce(&Buffer) + Send + 'static,
) -> thread::JoinHandle<()> {
    let buffer = Arc::clone(buffer);
    thread::spawn(move || work(&buffer))
}

#[test]
fn who_empties_half_of_the_buffer_tells() {
    crate::check(|| {
        let buffer = buffer([4, 0]);
        let worker = at_once(&buffer, |buffer| {
            buffer.release(0, 1);
            buffer.release(0, 1);
        });
        buffer.wait_for_room(0, 1);
        worker.join().unwrap();
    });
}

#[test]
fn two_who_empty_half_of_the_buffer_together_tell() {
    crate::check(|| {
        let buffer = buffer([4, 0]);
        let workers =
            [1, 1].map(|records| at_once(&buffer, move |buffer| buffer.release(0, records)));
        buffer.wait_for_room(0, 1);
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// The other partition keeps the buffer more than half full.
#[test]
fn who_empties_half_of_a_partitions_share_tells() {
    crate::check(|| {
        let buffer = buffer([2, 2]);
        let worker = at_once(&buffer, |buffer| buffer.release(0, 1));
        buffer.wait_for_room(0, 2);
        worker.join().unwrap();
    });
}

/// Three of four are held for long; whoever waits for work would have the fourth.
#[test]
fn who_is_hungry_has_the_single_place_filled() {
    crate::check(|| {
        let buffer = buffer([4, 0]);
        let worker = at_once(&buffer, |buffer| {
            buffer.release(0, 1);
            buffer.hunger();
        });
        buffer.wait_for_room(0, 1);
        worker.join().unwrap();
    });
}

#[test]
fn who_makes_room_for_the_hungry_tells() {
    crate::check(|| {
        let buffer = buffer([4, 0]);
        let hungry = at_once(&buffer, Buffer::hunger);
        let worker = at_once(&buffer, |buffer| buffer.release(0, 1));
        buffer.wait_for_room(0, 1);
        worker.join().unwrap();
        hungry.join().unwrap();
    });
}
