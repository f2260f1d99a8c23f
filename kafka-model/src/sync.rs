//! What threads meet in: the standard library's. `tests/loom` compiles the files that take it from here with loom's.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
pub(crate) use std::sync::{Mutex, PoisonError};
pub(crate) use std::thread::{Thread, current, park_timeout};
