//! The rules of `kafka-model`: which settings there are, what values they take, how the levels at
//! which they are given combine, and which combinations are refused.
//!
//! Everything here is data and pure `const fn`s, without librdkafka, tokio or syn, so that the same
//! rules run in three places: in the derive macros (on what one attribute says), in `const`
//! assertions (on what a whole model says), and at start (on what the environment changed).
//!
//! The way of one setting through this crate:
//!
//! 1. [`setting`]: its name is looked up in the table and its value is read ([`Spec::read`]).
//! 2. [`declaration`]: it becomes a [`Given`] at a [`Level`] of a declared message or model.
//! 3. [`effective`]: the levels are merged; the strongest one wins.
//! 4. [`rules`]: the merged settings are held against the rules; each breach is a [`Violation`].

pub mod declaration;
pub mod effective;
pub mod failure;
pub mod features;
pub mod rules;
pub mod setting;
pub mod text;
pub mod violation;

pub use declaration::{FieldDeclaration, MessageDeclaration, ModelDeclaration, Overrides};
pub use effective::{Effective, Given, Level};
pub use features::{Feature, Features};
pub use setting::{Kind, Setting, Side, Source, SourceKind, Spec, Standing, Unit, Value};
pub use violation::{Violation, Violations};
