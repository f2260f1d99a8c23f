//! The poll service: one consumer, and the one thread that owns it.
//!
//! Its way: [`service`] connects and keeps the client alive, through failures too; [`session`] is the
//! life of one client, turn by turn; [`group`] takes partitions and gives them up as the group asks,
//! [`assignment`] holds those it has, [`reader`] takes their records to the buffers, [`commits`] commits
//! what is settled, and [`drain`] finishes what is under way before partitions are given up. [`topics`] sees topics that
//! come, go and change, by what [`identity`] knows of them, and [`resets`] what was deleted before it was read. [`watchdog`] looks after partitions
//! that give nothing: [`silence`] says for how long, [`verify`] whether there is something. [`trouble`] looks after a
//! client that gets no answers, and [`credentials`] reads again what was refused.

mod assignment;
mod client;
mod commits;
mod complaints;
mod connect;
mod context;
mod credentials;
mod drain;
mod group;
mod identity;
mod introduction;
mod reader;
mod resets;
mod service;
mod session;
mod silence;
mod topics;
mod trouble;
mod verify;
mod waker;
mod watchdog;

pub(crate) use complaints::Complaints;
pub(crate) use connect::{Probe, ProbeContext};
pub(crate) use context::log;
pub(crate) use credentials::Pair;
pub(crate) use introduction::Introduction;
#[cfg(feature = "__hot-path")]
pub(crate) use reader::dispatch;
pub(crate) use service::run;
pub(crate) use waker::Waker;
