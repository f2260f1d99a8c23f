//! What a message type is.

use std::borrow::Cow;

use kafka_model_core::MessageDeclaration;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type whose values travel through one Kafka topic.
///
/// It is derived, never written by hand: `#[derive(KafkaMessage)]` reads the topic and the settings
/// off `#[kafka(...)]`.
///
/// ```
/// use kafka_model::KafkaMessage;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "orders", key = customer)]
/// struct OrderPlaced {
///     customer: String,
///     amount: u64,
/// }
///
/// assert_eq!(OrderPlaced::DECLARATION.topic, "orders");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Kafka message",
    label = "this type has no topic",
    note = "annotate it: `#[derive(Serialize, Deserialize, KafkaMessage)]` and `#[kafka(topic = \"…\")]`"
)]
pub trait KafkaMessage: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// What its attribute declares.
    const DECLARATION: MessageDeclaration<'static>;

    /// The record key of this value: the field that `key = …` names. `None` without one, and for a
    /// key field that is `None`.
    ///
    /// Records with equal keys go to the same partition, and under `order = "key"` they are handled
    /// in order.
    fn key(&self) -> Option<Cow<'_, [u8]>>;
}

/// A field that can be the key of a record.
///
/// The bytes are the text form of the value (`7` is the one byte `"7"`), as the string serialisers of
/// other clients write it; byte strings are taken as they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a record",
    label = "not a key",
    note = "a key is a string, a byte string, an integer, a `bool`, a `char`, or an `Option` of these; \
            name such a field, or a path to one, as in `key = customer.id`"
)]
pub trait RecordKey {
    /// The key's bytes; `None`: the record has no key.
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>>;
}

macro_rules! borrowed_key {
    ($($type:ty),*) => {$(
        impl RecordKey for $type {
            fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
                Some(Cow::Borrowed(self.as_ref()))
            }
        }
    )*};
}

macro_rules! displayed_key {
    ($($type:ty),*) => {$(
        impl RecordKey for $type {
            fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
                Some(Cow::Owned(self.to_string().into_bytes()))
            }
        }
    )*};
}

borrowed_key!(str, String, [u8], Vec<u8>, bytes::Bytes);
displayed_key!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool, char
);

impl<const N: usize> RecordKey for [u8; N] {
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self))
    }
}

impl<K: RecordKey> RecordKey for Option<K> {
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
        self.as_ref().and_then(RecordKey::key_bytes)
    }
}

impl<K: RecordKey + ?Sized> RecordKey for &K {
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
        (**self).key_bytes()
    }
}

impl<K: RecordKey + ?Sized> RecordKey for Box<K> {
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
        (**self).key_bytes()
    }
}

impl<K: RecordKey + ?Sized + ToOwned> RecordKey for Cow<'_, K> {
    fn key_bytes(&self) -> Option<Cow<'_, [u8]>> {
        (**self).key_bytes()
    }
}
