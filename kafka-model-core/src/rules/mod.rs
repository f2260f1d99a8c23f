//! The rules: which settings cannot be combined.

use crate::declaration::{MessageDeclaration, ModelDeclaration};
use crate::effective::{Effective, Given};
use crate::features::Features;
use crate::violation::{Violation, Violations};

/// A
pub const fn consumer(_settings: &Effective<'_>, _features: Features) -> Violations { Violations::none() }
/// A
pub const fn processing(_settings: &Effective<'_>, _keyed: bool) -> Violations { Violations::none() }
/// A
pub const fn message(_message: &MessageDeclaration<'_>, _features: Features) -> Violations { Violations::none() }
/// A
pub const fn model_attribute(_given: &[Given<'_>], _features: Features) -> Violations { Violations::none() }
/// A
pub const fn field_attribute(_given: &[Given<'_>], _dedicated: Option<&[Given<'_>]>, _features: Features) -> Violations { Violations::none() }
/// A
pub const fn topic_name(_topic: &str) -> Option<Violation> { None }
/// A
pub const fn field(_model: &ModelDeclaration<'_>, _index: usize, _features: Features) -> Violations { Violations::none() }
/// A
pub const fn shared(_model: &ModelDeclaration<'_>, _features: Features) -> Violations { Violations::none() }
/// A
pub const fn model(_model: &ModelDeclaration<'_>) -> Violations { Violations::none() }
