//! Kafka for services that consume and publish many kinds of messages, checked by the compiler.
//!
//! Message structs are annotated, gathered in one model struct, and registered with its generated
//! `register_all`; then each topic gets a handler, and the runtime runs. Types share one consumer by
//! default; `dedicated(...)` gives a type a consumer of its own.
//!
//! ```no_run
//! use kafka_model::{Kafka, KafkaMessage, KafkaModel, Record, Topic};
//! use serde::{Deserialize, Serialize};
//!
//! /// Few and urgent: its own consumer.
//! #[derive(Serialize, Deserialize, KafkaMessage)]
//! #[kafka(topic = "critical-alerts", key = service)]
//! #[kafka(dedicated(group_id = "critical-alerts", session_timeout_ms = "6s", max_buffered = 100))]
//! struct CriticalAlert {
//!     service: String,
//!     text: String,
//! }
//!
//! /// It rides on the shared consumer.
//! #[derive(Serialize, Deserialize, KafkaMessage)]
//! #[kafka(topic = "regular-events", concurrency = 4)]
//! struct RegularEvent {
//!     id: u64,
//! }
//!
//! /// What this service consumes; its own attribute configures the shared consumer.
//! #[derive(KafkaModel)]
//! #[kafka(group_id = "monitoring")]
//! struct Monitoring {
//!     alerts: Topic<CriticalAlert>,
//!     regular: Topic<RegularEvent>,
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), kafka_model::Error> {
//!     let kafka = Kafka::from_env()?; // KAFKA_BOOTSTRAP_SERVERS
//!     let monitoring = Monitoring::register_all(&kafka)?; // nothing is connected yet
//!     monitoring.alerts.handle(page_on_call)?;
//!     monitoring.regular.handle(async |event: RegularEvent| println!("{}", event.id))?;
//!     kafka.run().await // until SIGTERM or Ctrl-C; then it drains, commits, leaves the groups
//! }
//!
//! async fn page_on_call(alert: Record<CriticalAlert>) -> Result<(), std::io::Error> {
//!     println!("{}: {} (offset {})", alert.service, alert.text, alert.offset());
//!     Ok(())
//! }
//! ```
//!
//! # Where to go from here
//!
//! - [`derive@KafkaMessage`] and [`derive@KafkaModel`]: the grammar of the attributes;
//! - [`Topic`]: handling, pulling, publishing, starting and stopping;
//! - [`Handler`] and [`FromRecord`]: what can be a handler, and what it can take;
//! - [`Outcome`], [`Permanent`], [`Redrive`]: what becomes of records that fail;
//! - [`Kafka`] and [`Running`]: start, status and shutdown; [`Event`]: what happens meanwhile;
//! - [`CheckReport`] and [`TopicPlan`]: what is looked at before, and topics that are created; [`KafkaStatus::is_ready`] and
//!   [`KafkaStatus::is_live`]: what an orchestrator asks;
//! - [`Error`]: what can go wrong, by what one does;
//! - `embedded` (with the feature of that name): a broker inside the process, for tests.
//!
//! # Settings
//!
//! `#[kafka(...)]` takes the same settings on a model, on a message type, on a model's field, and inside
//! the `dedicated(...)` of a type or a field. The strongest is the field's `dedicated(...)`, then the field,
//! the type's `dedicated(...)`, the type, and the model, which is the weakest.
//!
//! Each consumer property of librdkafka 2.12.1 is a setting, with `_` for `.`
//! ([its table](https://github.com/confluentinc/librdkafka/blob/v2.12.1/CONFIGURATION.md)). The framework's
//! own are:
//!
//! | setting | values | default | what it is |
//! |---|---|---|---|
//! | `max_buffered` | 1 to 10,000,000 records | 10,000 | how many records of a type wait for a handler or are being handled |
//! | `backpressure` | `"pause"`, `"drop_oldest"`, `"drop_newest"` | `"pause"` | what happens when that buffer is full. The lossy ones need `delivery = "at_most_once"` |
//! | `concurrency` | 1 to 4,096 handlers | 16 | how many handlers of a type run at once |
//! | `order` | `"partition"`, `"key"`, `"none"` | `"partition"` | what is handled one after the other: the records of a partition, those of a partition with the same key, or nothing |
//! | `retry(attempts)` | 1 to 1,000 | 1 | how often the handler of a record is called, at most, before the record has failed; written `retry(attempts = 5, …)` |
//! | `retry(backoff)` | `"100ms..10s"`, `"1s"`: 1 ms to 1 h | `"100ms..10s"` | the wait between two attempts: it doubles from the first to the last |
//! | `retry(jitter)` | `true`, `false` | `false` | whether each wait is shortened at random, by up to half; `jitter` alone is `true` |
//! | `retry(topics)` | up to eight delays, `["10s", "1m"]`: 100 ms to 6 d | none | retry topics, `<topic>-<group>-retry-<delay>`, that a record goes through after its attempts; needs `order = "none"` |
//! | `on_failure` | `"halt"`, `"skip"`, `"dead_letter"` | `"halt"`, or `"dead_letter"` where `dead_letter` is given | a record that has failed stops its partition; is logged, counted and settled; or goes to a dead-letter topic |
//! | `dead_letter` | a topic | none | where failed records go; with a limit `dead_letter(topic = "…", limit = "20%")` |
//! | `dead_letter(limit)` | a share of any 100 records in a row, `"20%"`, or a number within a time, `"100/1m"` | none | beyond it partitions halt |
//! | `max_handling_ms` | 1 ms to 24 h | 5 min | a handler that is at one record for longer is told of as hung |
//! | `delivery` | `"at_least_once"`, `"at_most_once"` | `"at_least_once"` | offsets are committed after their records are handled, or before |
//! | `start_immediately` | `true`, `false` | `true` | whether a topic is consumed at once, or only after [`Topic::start`] |
//! | `commit_interval_ms` | 10 ms to 1 h | 1 s | how often a consumer commits |
//! | `drain_timeout_ms` | 0 to 1 h, below `max_poll_interval_ms` | 10 s, or half of `max_poll_interval_ms` if that is less | how long a rebalance, a stop or a shutdown waits for handlers |
//! | `memory_budget` | 1 MiB to 1 TiB | 64 MiB | what a consumer may hold: half in the client's queues, half in the buffers of its types |
//! | `stall_timeout_ms` | 0 to 24 h | 1 min | how long an assigned partition may give nothing before another client looks whether it should have; 0: for ever |
//! | `topic(partitions)`, `topic(replication)` | 1 to 1,000,000; 1 to 32,767 | the broker's | how the topic is created: see [`Kafka::plan_topics`] |
//! | `topic(retention_ms)` and so on | as Kafka's | the broker's | [Kafka's configs of a topic](https://kafka.apache.org/documentation/#topicconfigs), with `_` for `.` |
//!
//! Those of `topic(...)` stand on a message type, on a field, or, as defaults, on a model, and are given to no client.
//! The four before them configure a consumer, like librdkafka's properties: they stand on a model or beside or in
//! a `dedicated(...)`. Durations and sizes are numbers in the unit of the property, or texts such as `"45s"`
//! and `"50MiB"`. Texts can be read from elsewhere when a client is made, and secrets must be: `env("NAME")`,
//! `file("/path")`, or `secret("name")` with a [`SecretProvider`].
//!
//! Where librdkafka's defaults would lose or delay records, others are set: `auto_offset_reset =
//! "earliest"`, `partition_assignment_strategy = "cooperative-sticky"` (with the classic group protocol) and
//! `check_crcs = true`, `topic_metadata_refresh_interval_ms = 10000`, `fetch_wait_max_ms = 100`, `fetch_queue_backoff_ms = 10`;
//! its queue limits follow from `memory_budget`.
//!
//! # Overrides
//!
//! What differs between environments is given at start: by [`KafkaBuilder::set`], a TOML file
//! ([`KafkaBuilder::settings_file`]) and environment variables ([`KafkaBuilder::environment`]), the later of which wins.
//! [`Kafka::from_env`] takes the variables that begin with `KAFKA_`, and the file of `KAFKA_CONFIG_FILE`. Of these keys, the
//! more special one counts:
//!
//! | key | variable | reaches |
//! |---|---|---|
//! | `setting` | `KAFKA_SETTING` | everything in the process, over all attributes, but for a dedicated consumer's group, and for brokers and credentials where it has its own, or the model by an override or pinned brokers |
//! | `model.setting` | `KAFKA_MODEL__SETTING` | the model's shared consumer and the types on it, over all attributes; what a dedicated consumer would take from the model's attribute |
//! | `model.field.setting` | `KAFKA_MODEL__FIELD__SETTING` | one topic, over all attributes |
//!
//! `register_all` holds them against the table and the rules that the compiler uses. A setting in `pinned(...)` cannot be
//! overridden. The derived `describe(&kafka)` says what came out ([`ModelDescription`]).
//!
//! # Crate features
//!
//! - `ssl`: TLS, SASL/SCRAM and SASL/OAUTHBEARER with the system's OpenSSL; `ssl-vendored` compiles OpenSSL
//!   in;
//! - `zstd`: Zstandard;
//! - `gssapi`: SASL/GSSAPI (Kerberos) with the system's Cyrus SASL;
//! - `embedded`: the broker for tests.

#![warn(missing_docs)]

mod bounded;
mod bounds;
mod cluster;
mod config;
mod decode;
mod derive;
mod describe;
mod diagnosis;
mod elsewhere;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod failure;
mod handler;
#[cfg(feature = "__hot-path")]
mod hot_path;
mod lane;
mod message;
mod model;
mod native;
mod offset;
mod overrides;
mod poll;
#[doc(hidden)]
pub mod private;
mod publish;
mod record;
mod redrive;
mod runtime;
mod stream;
mod sync;
#[cfg(test)]
mod testing;
mod topic;

pub use cluster::{
    CheckProblem, CheckReport, CheckedTopic, Difference, NotChecked, Operation, PlannedTopic,
    Resource, TopicChange, TopicChanges, TopicDifference, TopicDone, TopicPlan, TopicPurpose,
    TopicSpec, TopicStep, TopicsError,
};
pub use config::{OauthToken, SecretProvider, TokenProvider};
pub use decode::DecodeError;
pub use derive::{KafkaMessage, KafkaModel};
pub use describe::{
    ModelDescription, PublishedDescription, ServiceDescription, SettingDescription,
    TopicDescription,
};
pub use error::{
    AttachError, Error, PublishError, RegisterError, RegisterProblem, ServiceError, SourceProblem,
    StartError, TlsProblem,
};
pub use failure::FAILURE_HEADERS;
pub use handler::{
    BatchHandler, BatchOutcome, FailureReason, Handler, HandlerError, IntoBatchOutcome,
    IntoOutcome, Outcome, Permanent,
};
pub use message::{KafkaMessage, RecordKey};
pub use model::KafkaModel;
pub use overrides::SettingValue;
pub use publish::Published;
pub use record::{FromRecord, Header, Headers, Payload, Record, Timestamp};
pub use redrive::{DeadLetter, Redrive, RedriveError, RedriveReport};
pub use runtime::{
    Event, Events, HaltStatus, HungStatus, Kafka, KafkaBuilder, KafkaStatus, NotLive, NotReady,
    PartitionReport, PartitionStatus, Problem, RefusalStatus, Running, ServicePhase, ServiceReport,
    ServiceStatus, ShutdownReport, TopicStatus,
};
/// A text that is not shown, and overwritten when it is dropped: of the crate [`secrecy`].
pub use secrecy::SecretString;
pub use stream::{Pulled, TopicStream};
pub use topic::Topic;
