//! The poll thread, which sleeps, against those who wake it. Here it is only woken by being woken.

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use crate::native::Wake as _;
use crate::waker::{COMMITS, EVENTS, Waker};

const LONG: Duration = Duration::from_secs(100);

#[test]
fn what_is_raised_is_seen() {
    crate::check(|| {
        let waker = Arc::new(Waker::default());
        waker.attach();
        let threads = [0, 1].map(|which| {
            let waker = Arc::clone(&waker);
            thread::spawn(move || match which {
                0 => waker.room(),
                _ => waker.wake(7),
            })
        });
        let (mut room, mut queue) = (false, false);
        while !(room && queue) {
            let woken = waker.wait(LONG);
            room |= woken.room();
            queue |= woken.queues == [7];
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Two raise the same flag for different things: who comes second may leave the waking to the first.
#[test]
fn what_was_done_before_a_flag_was_raised_is_seen_after_it() {
    crate::check(|| {
        let waker = Arc::new(Waker::default());
        waker.attach();
        let done = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let relaxed = loom::sync::atomic::Ordering::Relaxed;
        let threads = [EVENTS, EVENTS].map(|token| {
            let (waker, done) = (Arc::clone(&waker), Arc::clone(&done));
            thread::spawn(move || {
                done.fetch_add(1, relaxed);
                waker.wake(token);
            })
        });
        while done.load(relaxed) < 2 {
            waker.wait(LONG);
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// The thread may begin to listen after it was woken.
#[test]
fn what_was_raised_before_anyone_listened_is_seen() {
    crate::check(|| {
        let waker = Arc::new(Waker::default());
        let early = {
            let waker = Arc::clone(&waker);
            thread::spawn(move || waker.wake(COMMITS))
        };
        waker.attach();
        waker.wait(LONG);
        early.join().unwrap();
    });
}
