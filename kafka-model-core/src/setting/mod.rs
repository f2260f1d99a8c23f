//! The settings: one table for librdkafka's properties and the framework's own.

mod framework;
mod kind;
mod lookup;
mod near;
mod pattern;
mod read;
mod table;
pub(crate) mod unit;
mod value;

pub use framework::FRAMEWORK_DEFAULTS;
pub use kind::{Choice, Kind, Unit};
pub use lookup::{GROUPS, group_takes, look_up};
pub use near::{nearest, snake_case};
pub use read::Written;
pub use table::{SPECS, Setting};
pub use unit::in_words;
pub use value::{Source, SourceKind, Value};

use crate::features::Feature;

/// Which side of a client a property configures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Every client: connections, security, metadata, logs (`*` in librdkafka's table).
    Client,
    /// Consumers (`C`).
    Consumer,
    /// Producers (`P`): not settable by attribute.
    Producer,
    /// How one type's records are buffered and handled: a setting of `kafka-model`.
    Processing,
    /// One poll service, shared or dedicated: a setting of `kafka-model`.
    Service,
    /// A topic, where it is created or compared: its partitions, its replicas, and Kafka's configs of a topic. No
    /// client is given these.
    Topic,
}

impl Side {
    /// Whether the setting belongs to a consumer connection, so that a type that shares its
    /// consumer cannot have it.
    #[must_use]
    pub const fn is_connection(self) -> bool {
        matches!(self, Self::Client | Self::Consumer | Self::Service)
    }
}

/// Whether and how a setting may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be given.
    Open,
    /// Another name of a setting, which is the one to use in messages and for comparisons.
    Alias(Setting),
    /// Deprecated by librdkafka; the text says what to use instead.
    Deprecated(&'static str),
    /// Set by the runtime; the text says what to use instead.
    Owned(&'static str),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Which setting this row is about.
    pub setting: Setting,
    /// Its name in an attribute: `session_timeout_ms`.
    pub name: &'static str,
    /// librdkafka's name for it, `session.timeout.ms`, or Kafka's for a config of a topic, `retention.ms`; `None` for
    /// the framework's own settings.
    pub property: Option<&'static str>,
    /// What values it takes.
    pub kind: Kind,
    /// librdkafka's default, or the framework's for its own settings. `None`: not set. A topic's are the broker's.
    pub default: Option<Value<'static>>,
    /// Which side it configures.
    pub side: Side,
    /// Whether it may be used.
    pub standing: Standing,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// The crate feature it needs.
    pub feature: Option<Feature>,
}

impl Spec {
    /// `value` of this setting as people read it: `45s`, `50MiB`; of a text that is read elsewhere, where.
    #[must_use]
    pub fn show(&self, value: Value<'_>) -> String {
        match (value, self.kind) {
            (Value::Int(number), Kind::Int { unit, .. }) => in_words(number, unit),
            (Value::Bool(flag), _) => flag.to_string(),
            (Value::Int(number), _) => number.to_string(),
            (Value::Float(number), _) => number.to_string(),
            (Value::From(source), _) => source.to_string(),
            (Value::Str(_), _) if self.is_secret() => "(hidden)".to_owned(),
            (Value::Str(text), _) => text.to_owned(),
        }
    }
}

impl Setting {
    /// Its row in the table.
    #[must_use]
    pub const fn spec(self) -> &'static Spec {
        &SPECS[self as usize]
    }

    /// Its name in an attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }
}
