//! Settings, written as briefly as in an attribute.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "a part of each test file, which uses some of it"
)]
#![allow(clippy::unwrap_used, reason = "a test")]

use kafka_model_core::setting::{Written, look_up};
use kafka_model_core::{Features, Given, Source, Violations};

/// Everything that a build can have.
pub const ALL: Features = Features {
    ssl: true,
    zstd: true,
    gssapi: true,
    curl: false,
};

/// A value as it is written in an attribute.
pub struct W(pub Written<'static>);

impl From<i64> for W {
    fn from(value: i64) -> Self {
        Self(Written::Int(value.into()))
    }
}

impl From<bool> for W {
    fn from(value: bool) -> Self {
        Self(Written::Bool(value))
    }
}

/// A text; `env:NAME` is `env("NAME")`.
impl From<&'static str> for W {
    fn from(value: &'static str) -> Self {
        Self(
            value
                .strip_prefix("env:")
                .map_or(Written::Str(value), |name| Written::From(Source::env(name))),
        )
    }
}

/// One setting, read.
pub fn read(name: &str, value: W) -> Given<'static> {
    let spec = look_up(name).unwrap();
    let value = spec.read(value.0, ALL).unwrap();
    Given::new(spec.canonical(), value)
}

/// Settings, read: `given! { session_timeout_ms = "6s", check_crcs = true }`.
#[macro_export]
macro_rules! given {
    ($($name:ident = $value:expr),* $(,)?) => {
        &*vec![$($crate::common::read(stringify!($name), $crate::common::W::from($value))),*].leak()
    };
}

/// The texts of violations.
pub fn texts(violations: &Violations) -> Vec<String> {
    violations
        .iter()
        .map(|violation| violation.text.to_string())
        .collect()
}
