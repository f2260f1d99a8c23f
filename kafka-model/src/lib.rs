//! Kafka services whose messages and settings the compiler checks.

#![warn(missing_docs)]

mod bounds;
mod config;
mod decode;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod handler;
mod lane;
mod message;
mod model;
mod native;
mod offset;
mod poll;
#[doc(hidden)]
pub mod private;
mod publish;
mod record;
mod runtime;
mod stream;
mod topic;

pub use decode::DecodeError;
pub use error::{
    AttachError, Error, PublishError, RegisterError, RegisterProblem, ServiceError, StartError,
    VariableProblem,
};
pub use handler::{FailureReason, Handler, HandlerError, IntoOutcome, Outcome};
pub use kafka_model_derive::{KafkaMessage, KafkaModel};
pub use message::{KafkaMessage, RecordKey};
pub use model::KafkaModel;
pub use publish::Published;
pub use record::{FromRecord, Header, Headers, Record, Timestamp};
pub use runtime::{
    HaltStatus, Kafka, KafkaBuilder, KafkaStatus, PartitionReport, PartitionStatus, Running,
    ServicePhase, ServiceReport, ServiceStatus, ShutdownReport, TopicStatus,
};
pub use stream::{Pulled, TopicStream};
pub use topic::Topic;
