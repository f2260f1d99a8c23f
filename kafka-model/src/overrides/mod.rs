//! What operations change without a new build: settings from the code, from a file, and from the environment.
//!
//! The way of one override:
//!
//! 1. [`code`], [`file`], [`environment`]: it is read, with the place that it comes from. The later of these wins over
//!    the same setting of an earlier one.
//! 2. [`address`]: its key says which setting it is, and whether of the whole process, of a model, or of a field.
//! 3. [`value`]: its value is read as the attribute's would be.
//! 4. [`reach`]: it becomes part of the declarations that it reaches.
//! 5. [`apply`]: all of that, once for each model.
//! 6. [`rules`]: they are held against what came out, as the compiler did with what is in the code.

mod address;
mod apply;
mod code;
mod entries;
mod environment;
mod file;
mod intern;
mod loaded;
mod reach;
mod rules;
mod value;

pub(crate) use address::of_nobody;
pub(crate) use apply::Overridden;
pub use code::SettingValue;
pub(crate) use environment::PREFIX;
pub(crate) use loaded::{Inputs, Overrides};
