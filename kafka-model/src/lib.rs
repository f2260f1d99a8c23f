//! Kafka services whose messages and settings the compiler checks.

mod bounds;
mod message;
mod model;
#[doc(hidden)]
pub mod private;
mod runtime;
mod topic;

pub use kafka_model_derive::{KafkaMessage, KafkaModel};
pub use message::{KafkaMessage, RecordKey};
pub use model::KafkaModel;
pub use runtime::Kafka;
pub use topic::Topic;

/// Any error of this crate.
#[derive(Debug)]
pub struct Error;
