//! What the attributes of a message type and of a model declare, as data.

use crate::effective::{Effective, Given, Level};
use crate::setting::Setting;

/// What `#[derive(KafkaMessage)]` read off a message type.
#[derive(Clone, Copy, Debug)]
pub struct MessageDeclaration<'a> {
    /// The type's name, as the user wrote it.
    pub type_name: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// [`text::hash`](crate::text::hash) of the topic.
    pub topic_hash: u64,
    /// Whether `key = …` names a field.
    pub keyed: bool,
    /// `#[kafka(...)]`, but for `topic`, `key` and `dedicated`.
    pub given: &'a [Given<'a>],
    /// `#[kafka(dedicated(...))]`.
    pub dedicated: Option<&'a [Given<'a>]>,
    /// Whether the attribute was refused: an error was already reported, so no rule is checked.
    pub refused: bool,
}

/// What `#[derive(KafkaModel)]` read off one field of a model.
#[derive(Clone, Copy, Debug)]
pub struct FieldDeclaration<'a> {
    /// The field's name.
    pub name: &'a str,
    /// The message type of its `Topic<T>`.
    pub message: &'a MessageDeclaration<'a>,
    /// Whether the field is only published to (`#[kafka(publish_only)]`).
    pub publish_only: bool,
    /// The field's `#[kafka(...)]`, but for `publish_only` and `dedicated`.
    pub given: &'a [Given<'a>],
    /// The field's `#[kafka(dedicated(...))]`.
    pub dedicated: Option<&'a [Given<'a>]>,
}

impl FieldDeclaration<'_> {
    /// Whether the type gets a consumer of its own here.
    #[must_use]
    pub const fn is_dedicated(&self) -> bool {
        self.message.dedicated.is_some() || self.dedicated.is_some()
    }
}

/// What `#[derive(KafkaModel)]` read off a model.
#[derive(Clone, Copy, Debug)]
pub struct ModelDeclaration<'a> {
    /// The model's name, as the user wrote it.
    pub name: &'a str,
    /// The model's `#[kafka(...)]`.
    pub given: &'a [Given<'a>],
    /// Its fields, in the order of the source.
    pub fields: &'a [FieldDeclaration<'a>],
    /// Whether an attribute was refused: an error was already reported, so no rule is checked.
    pub refused: bool,
}

impl<'a> ModelDeclaration<'a> {
    /// The settings of the shared consumer.
    #[must_use]
    pub const fn shared(&self) -> Effective<'a> {
        Effective::empty()
            .with(Level::Framework, crate::setting::FRAMEWORK_DEFAULTS)
            .with(Level::Model, self.given)
    }

    /// The settings of one field: of its processing and, if it is dedicated, of its consumer.
    ///
    /// A dedicated consumer never inherits the model's `group_id`.
    #[must_use]
    pub const fn field(&self, field: &FieldDeclaration<'a>) -> Effective<'a> {
        let mut effective = self.shared().with(Level::Message, field.message.given);
        if let Some(dedicated) = field.message.dedicated {
            effective = effective.with(Level::Dedicated, dedicated);
        }
        effective = effective.with(Level::Field, field.given);
        if let Some(dedicated) = field.dedicated {
            effective = effective.with(Level::FieldDedicated, dedicated);
        }
        effective
    }

    /// The group of a field's consumer: its own if it is dedicated, else the model's.
    #[must_use]
    pub const fn group(&self, field: &FieldDeclaration<'a>) -> Option<(crate::Value<'a>, Level)> {
        if field.is_dedicated() {
            match self.field(field).find(Setting::GroupId) {
                Some((_, Level::Model)) | None => None,
                found => found,
            }
        } else {
            self.shared().find(Setting::GroupId)
        }
    }
}
