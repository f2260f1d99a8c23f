//! What a model is, with all that was given to it, for people and for machines.

mod gather;
mod show;

pub use gather::describe;

use serde::Serialize;

/// A model as it would be registered: its services, its topics, and every setting that is not a default, with where it
/// comes from. `Monitoring::describe(&kafka)` makes it.
///
/// Displayed, it is a table; serialised, it is what follows. No secret is in it, only where secrets are read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelDescription {
    /// The model's name.
    pub model: String,
    /// Its poll services: the shared one first, then the dedicated ones.
    pub services: Vec<ServiceDescription>,
    /// The topics that are only published to.
    pub published: Vec<PublishedDescription>,
    /// How many records all buffers hold at most.
    pub max_buffered: u64,
    /// What all services may hold at most, in bytes.
    pub memory_budget: u64,
}

/// One poll service: a consumer of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceDescription {
    /// `Model.shared`, or `Model.field`.
    pub service: String,
    /// Its consumer group.
    pub group: String,
    /// Whether it is one type's alone.
    pub dedicated: bool,
    /// What it may hold at most, in bytes.
    pub memory_budget: u64,
    /// The settings of the consumer that are not defaults.
    pub settings: Vec<SettingDescription>,
    /// What it consumes.
    pub topics: Vec<TopicDescription>,
}

/// A topic that is consumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicDescription {
    /// The model's field.
    pub field: String,
    /// The message type.
    pub message: String,
    /// The topic.
    pub topic: String,
    /// Its retry topics, in their order.
    pub retry_topics: Vec<String>,
    /// How many of its records are buffered at most, with those of its retry topics.
    pub max_buffered: u64,
    /// The settings of its processing that are not defaults.
    pub settings: Vec<SettingDescription>,
}

/// A topic that is only published to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishedDescription {
    /// The model's field.
    pub field: String,
    /// The message type.
    pub message: String,
    /// The topic.
    pub topic: String,
    /// The settings of the producer and of the topic that are not defaults.
    pub settings: Vec<SettingDescription>,
}

/// A setting that is not a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingDescription {
    /// Its name, as an attribute has it: `session_timeout_ms`, `retry(attempts)`.
    pub setting: String,
    /// Its value, as an attribute has it; of what is read elsewhere, only where: `env("NAME")`.
    pub value: String,
    /// Who gave it: an attribute, or an override with its file and line, variable, or line of code.
    pub from: String,
}
