//! Overrides from the code: `Kafka::builder().set("monitoring.alerts.max_buffered", 200)`.

use std::fmt;
use std::panic::Location;

use config::{Value, ValueKind};
use kafka_model_core::SourceKind;

use super::address::group_of;
use super::entries::Entry;
use super::value::named_source;

/// The value of a setting that is given in code ([`KafkaBuilder::set`](crate::KafkaBuilder::set)): what an attribute
/// takes.
///
/// ```
/// use kafka_model::SettingValue;
///
/// let values: [SettingValue; 5] = [
///     200.into(),
///     "45s".into(),
///     true.into(),
///     ["10s", "1m"].into(),
///     SettingValue::file("/run/secrets/password"),
/// ];
/// ```
#[derive(Clone)]
pub struct SettingValue(ValueKind);

/// Hides what it is: a password may be at the wrong place.
impl fmt::Debug for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingValue").finish_non_exhaustive()
    }
}

impl SettingValue {
    /// The environment variable `name`, read each time that a client is made.
    #[must_use]
    pub fn env(name: &str) -> Self {
        Self(named_source(SourceKind::Env, name))
    }

    /// The file at `path`, read each time that a client is made.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self(named_source(SourceKind::File, path))
    }

    /// What the provider of secrets has under `name`, each time that a client is made.
    #[must_use]
    pub fn secret(name: &str) -> Self {
        Self(named_source(SourceKind::Secret, name))
    }
}

macro_rules! from {
    ($($given:ty),*) => {
        $(impl From<$given> for SettingValue {
            fn from(value: $given) -> Self {
                Self(ValueKind::from(value))
            }
        })*
    };
}

from!(bool, i32, i64, u32, u64, f64, &str, String);

impl<const N: usize> From<[&str; N]> for SettingValue {
    fn from(texts: [&str; N]) -> Self {
        let texts = texts.into_iter().map(|text| Value::new(None, text));
        Self(ValueKind::Array(texts.collect()))
    }
}

/// An override that is given in code, at `at`.
pub(super) fn entry(key: &str, value: SettingValue, at: &Location<'_>) -> Entry {
    let mut path: Vec<_> = key.split('.').map(str::to_owned).collect();
    if let Some(inner) = path.last().and_then(|last| group_of(last)) {
        path.push(inner.to_owned());
    }
    let origin = format!("{}:{}", at.file(), at.line());
    (path, Value::new(Some(&origin), value.0))
}
