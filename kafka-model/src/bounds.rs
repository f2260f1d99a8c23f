//! Bounds that exist for what the compiler says when they are not met. Only expansions name them.

use kafka_model_core::MessageDeclaration;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::runtime::Registration;
use crate::{KafkaMessage, Topic};

/// A type that serde can write, and read into a value that owns its data.
#[diagnostic::on_unimplemented(
    message = "the message `{Self}` cannot be written and read",
    label = "not both `Serialize` and `Deserialize`",
    note = "add serde's derives to it: `#[derive(Serialize, Deserialize, KafkaMessage)]`"
)]
pub trait SerdeMessage {}

// Else the compiler would speak of serde's traits here too, as it already does at `KafkaMessage`.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> SerdeMessage for T {}

/// Holds a type against [`SerdeMessage`].
pub const fn is_serde<T: SerdeMessage>() {}

/// The type of a model's field: a [`Topic`].
///
/// All that an expansion asks of a field goes through this one trait, so that a type that is not a
/// message is reported in one text.
#[diagnostic::on_unimplemented(
    message = "a field of a model is a `kafka_model::Topic<…>`, not `{Self}`",
    label = "not a topic"
)]
pub trait ModelField {
    /// What the message's attribute declares.
    const MESSAGE: MessageDeclaration<'static>;

    /// The handle of the field at `index`.
    fn of(registration: &Registration, index: usize) -> Self;
}

impl<T: KafkaMessage> ModelField for Topic<T> {
    const MESSAGE: MessageDeclaration<'static> = T::DECLARATION;

    fn of(registration: &Registration, index: usize) -> Self {
        registration.topic(index)
    }
}
