//! The values that settings take.

use std::fmt;

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
    /// A text that is read from there each time that a client is made.
    From(Source<'a>),
}

/// Where a text is read from when a client is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// What kind of place it is.
    pub kind: SourceKind,
    /// The variable, the path, or the name.
    pub name: &'a str,
}

/// The kinds of places that a text is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// `env("NAME")`: an environment variable.
    Env,
    /// `file("/path")`: a file, without the line end behind its last line.
    File,
    /// `secret("name")`: what the program's provider of secrets has under this name.
    Secret,
}

impl<'a> Source<'a> {
    /// The environment variable `name`.
    #[must_use]
    pub const fn env(name: &'a str) -> Self {
        let kind = SourceKind::Env;
        Self { kind, name }
    }
}

impl SourceKind {
    /// Its name in an attribute: `env`, `file` or `secret`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::File => "file",
            Self::Secret => "secret",
        }
    }

    /// The kind that `name` is the name of.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Env, Self::File, Self::Secret]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Source<'_> {
    /// As it is written: `env("NAME")`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(\"{}\")", self.kind.name(), self.name.escape_debug())
    }
}
