//! Holds what the compiler says about a file against what the file says that it must.
//!
//! trybuild compares whole outputs, which is right where every word is ours. Where rustc words a part
//! of it (a failed bound, a constant that panics), whole outputs change with the compiler; there, a
//! file states its expectations itself:
//!
//! ```text
//! #[derive(KafkaMessage)]
//! struct Alert;
//! //~^ ERROR `Alert` has no topic
//! ```
//!
//! One `^` for each line up; none if the note stands behind the code. Each note is one error that
//! must be there, on that line, with that text; and no others may be. A file without notes must
//! compile, without a warning.

pub mod expect;
pub mod project;
pub mod report;
