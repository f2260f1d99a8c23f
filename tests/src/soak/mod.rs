//! The soak harness: services under load, a nemesis that breaks what they stand on, and a checker that says
//! from the logs alone whether a promise was broken. See `tests/soak/README.md`.

pub mod admin;
pub mod checker;
pub mod clock;
pub mod cluster;
pub mod fate;
pub mod history;
pub mod log;
pub mod members;
pub mod message;
pub mod nemesis;
pub mod plan;
pub mod producer;
pub mod proxy;
pub mod random;
pub mod report;
pub mod run;
pub mod service;
mod settled;
pub mod stream;
pub mod watch;
