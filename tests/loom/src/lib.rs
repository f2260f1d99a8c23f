//! What the runtime's threads share, compiled with loom's types in place of the standard library's, and run in every
//! order that the memory model allows: `cargo test -p kafka-model-loom-tests`.
//!
//! The files are the runtime's own; they take all that threads meet in from `crate::sync`.
#![cfg(test)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the runtime uses what is not used here"
)]

#[path = "../../../kafka-model/src/lane/presence.rs"]
mod presence;
#[path = "../../../kafka-model/src/lane/room.rs"]
mod room;
mod sync;
#[path = "../../../kafka-model/src/poll/waker.rs"]
mod waker;

mod presence_tests;
mod room_tests;
mod waker_tests;

/// Runs `model` in all orders with at most three preemptions, which is how few races need, and as many as can be run
/// in seconds. `LOOM_MAX_PREEMPTIONS` sets another number.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}

/// What the waker needs of the runtime's `native`.
mod native {
    pub(crate) trait Wake {
        fn wake(&self, token: u32);
    }
}
