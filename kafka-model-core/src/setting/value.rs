//! The values that settings take.

/// A value, read into the unit of its setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A number, in the setting's own unit.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text, a choice, or a comma-separated list.
    Str(&'a str),
    /// Taken from this environment variable when the consumer is created.
    Env(&'a str),
}
