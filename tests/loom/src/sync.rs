//! Loom's types in the place of the standard library's.
//!
//! Loom takes a `SeqCst` load for an `Acquire` one, and so sees races where there are none. Here such a load is a
//! read-modify-write, and such a store a swap: of those loom has one order, as C++ has of `SeqCst`. They also
//! synchronise more than C++ promises, so what is found here are orders of steps that go wrong, not accesses that
//! should be `SeqCst` and are not.

use std::time::Duration;

use loom::sync::{Arc, Condvar};

pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use std::sync::PoisonError;

/// A thread, to wake it. Loom's own wakes it also where it waits for something else than to be woken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thread(Arc<Parked>);

#[derive(Debug, Default)]
struct Parked {
    woken: Mutex<bool>,
    changed: Condvar,
}

loom::thread_local! {
    static THREAD: Thread = Thread::default();
}

pub(crate) fn current() -> Thread {
    THREAD.with(Thread::clone)
}

impl Thread {
    pub(crate) fn unpark(&self) {
        *self.0.woken.lock().unwrap() = true;
        self.0.changed.notify_one();
    }
}

/// The time does not pass: who waits must be woken.
pub(crate) fn park_timeout(_: Duration) {
    let Thread(thread) = current();
    let mut woken = thread.woken.lock().unwrap();
    while !*woken {
        woken = thread.changed.wait(woken).unwrap();
    }
    *woken = false;
}

macro_rules! number {
    ($name:ident, $number:ty) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name(loom::sync::atomic::$name);

        impl $name {
            pub(crate) fn new(value: $number) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $number {
                match order {
                    Ordering::SeqCst => self.0.fetch_or(0, order),
                    _ => self.0.load(order),
                }
            }

            pub(crate) fn store(&self, value: $number, order: Ordering) {
                match order {
                    Ordering::SeqCst => drop(self.0.swap(value, order)),
                    _ => self.0.store(value, order),
                }
            }

            pub(crate) fn swap(&self, value: $number, order: Ordering) -> $number {
                self.0.swap(value, order)
            }

            pub(crate) fn fetch_add(&self, value: $number, order: Ordering) -> $number {
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_sub(&self, value: $number, order: Ordering) -> $number {
                self.0.fetch_sub(value, order)
            }

            pub(crate) fn fetch_or(&self, value: $number, order: Ordering) -> $number {
                self.0.fetch_or(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                self.0.compare_exchange(current, new, success, failure)
            }
        }
    };
}

number!(AtomicU8, u8);
number!(AtomicU32, u32);
number!(AtomicUsize, usize);

#[derive(Debug, Default)]
pub(crate) struct AtomicBool(AtomicU8);

impl AtomicBool {
    pub(crate) fn new(value: bool) -> Self {
        Self(AtomicU8::new(value.into()))
    }

    pub(crate) fn load(&self, order: Ordering) -> bool {
        self.0.load(order) != 0
    }

    pub(crate) fn store(&self, value: bool, order: Ordering) {
        self.0.store(value.into(), order);
    }

    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        self.0.swap(value.into(), order) != 0
    }
}

pub(crate) use loom::sync::Mutex;
