//! What a model is: the topics that one service knows.

use kafka_model_core::ModelDeclaration;

use crate::runtime::Registration;

/// The topics of a service, as the fields of a struct.
///
/// It is derived, never written by hand: `#[derive(KafkaModel)]` also generates the associated
/// function `register_all`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Kafka model",
    note = "annotate it: `#[derive(KafkaModel)]` on a struct whose fields are `Topic<…>`"
)]
pub trait KafkaModel: Sized + 'static {
    /// What its attributes declare.
    const DECLARATION: ModelDeclaration<'static>;

    /// The model with the topics of `registration`, field by field.
    #[doc(hidden)]
    fn from_registration(registration: &Registration) -> Self;
}
