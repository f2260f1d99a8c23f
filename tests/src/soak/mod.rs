//! The soak harness: services under load, a nemesis that breaks what they stand on, and a checker that says
//! from the logs alone whether a promise was broken. See `tests/soak/README.md`.

pub mod checker;
pub mod clock;
pub mod history;
pub mod log;
pub mod message;
pub mod proxy;
pub mod random;
pub mod service;
pub mod stream;
