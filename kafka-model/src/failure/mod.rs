//! What happens with a record that was not handled.
//!
//! 1. [`fail`](settle::fail) asks [`plan`] what is next, and does at once what can be done at once: skip, halt.
//! 2. What takes time (a wait, a record that must reach another topic) is a [`Recovery`], which a task of its own
//!    carries out, so that the worker goes on with other lanes. The record's own lane stays closed meanwhile.
//! 3. [`headers`] are what a record carries to a retry topic or a dead-letter topic.

mod failures;
mod headers;
mod limiter;
mod plan;
mod recovery;
mod settle;

pub(crate) use failures::{Failures, Publishers, Refusal};
pub use headers::PREFIX as FAILURE_HEADERS;
pub(crate) use headers::{PREFIX, Source, attempt_in_all};
pub(crate) use limiter::Limiter;
pub(crate) use plan::Failed;
pub(crate) use recovery::Lane;
pub(crate) use settle::fail;
