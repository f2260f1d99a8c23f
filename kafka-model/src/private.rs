//! What the derives' expansions name. Not part of the public interface: it changes without notice.

pub use kafka_model_core::{
    Features, FieldDeclaration, Given, MessageDeclaration, ModelDeclaration, Overrides, Setting,
    Source, SourceKind, Value, rules, text,
};
pub use serde;

pub use crate::bounds::{ModelField, SerdeMessage, is_serde};
pub use crate::describe::{ModelDescription, describe};
#[cfg(feature = "__hot-path")]
pub use crate::hot_path::HotPath;
pub use crate::message::RecordKey;
pub use crate::runtime::{Registration, register_all};

/// `builder` with overrides from `variables`, as if they were those of the process: for tests, which cannot set those.
#[must_use]
pub fn with_variables(
    builder: crate::KafkaBuilder,
    prefix: &str,
    variables: Vec<(std::ffi::OsString, std::ffi::OsString)>,
) -> crate::KafkaBuilder {
    builder.environment(prefix).variables(variables)
}

/// The client's limits for each of `partitions` partitions that share a `memory_budget`:
/// `queued.max.messages.kbytes`, `queued.min.messages` and `fetch.message.max.bytes`. For benchmarks, whose hand-written
/// consumers are to have the same.
#[cfg(feature = "__hot-path")]
#[must_use]
pub fn queue_limits(budget: usize, partitions: usize) -> (usize, usize, usize) {
    let limits = crate::config::Limits::share(budget, partitions);
    (
        limits.queue_kbytes,
        limits.queue_records,
        limits.fetch_bytes,
    )
}

/// The crate features that this build has, for the rules.
pub const FEATURES: Features = Features {
    ssl: cfg!(feature = "ssl"),
    zstd: cfg!(feature = "zstd"),
    gssapi: cfg!(feature = "gssapi"),
    curl: false,
};
