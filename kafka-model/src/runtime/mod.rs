//! The runtime (being built).
use kafka_model_core::ModelDeclaration;

use crate::{Error, KafkaMessage, KafkaModel, Topic};

/// The runtime.
#[derive(Debug)]
pub struct Kafka {}

/// What `register_all` registers.
#[derive(Debug)]
pub struct Registration {}

impl Registration {
    /// The handle of the field at `index`.
    #[must_use]
    pub fn topic<T: KafkaMessage>(&self, _index: usize) -> Topic<T> {
        Topic::stub()
    }
}

/// Registers `M`.
///
/// # Errors
/// Never yet.
pub fn register_all<M: KafkaModel>(_kafka: &Kafka) -> Result<M, Error> {
    let _: ModelDeclaration<'static> = M::DECLARATION;
    Ok(M::from_registration(&Registration {}))
}
