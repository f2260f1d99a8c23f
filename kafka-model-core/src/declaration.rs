//! What the attributes of a message type and of a model declare, as data; and what overrides make of it.

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
    /// What is given when the program starts.
    pub overrides: Overrides<'a>,
}

/// What is given when the program starts, as far as it reaches a model's shared consumer, or one of its fields.
#[derive(Clone, Copy, Debug)]
pub struct Overrides<'a> {
    /// What is given for the whole process.
    pub process: &'a [Given<'a>],
    /// What is given for the model.
    pub model: &'a [Given<'a>],
    /// What is given for the field. A model has none.
    pub field: &'a [Given<'a>],
}

impl Overrides<'_> {
    /// Nothing is overridden.
    pub const NONE: Self = Self {
        process: &[],
        model: &[],
        field: &[],
    };
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
    /// What is given when the program starts.
    pub overrides: Overrides<'a>,
}

impl<'a> ModelDeclaration<'a> {
    /// The settings of the shared consumer.
    #[must_use]
    pub const fn shared(&self) -> Effective<'a> {
        self.defaults()
            .with(Level::ProcessOverride, self.overrides.process)
            .with(Level::SharedOverride, self.overrides.model)
    }

    /// What the attribute of the model says.
    const fn defaults(&self) -> Effective<'a> {
        Effective::empty()
            .with(Level::Framework, crate::setting::FRAMEWORK_DEFAULTS)
            .with(Level::Model, self.given)
    }

    /// The settings of one field: of its processing and, if it is dedicated, of its consumer.
    ///
    /// A dedicated consumer never inherits the model's `group_id`. An override of the model is one of the types on its
    /// shared consumer; for a dedicated one it says what else the model's attribute would.
    #[must_use]
    pub const fn field(&self, field: &FieldDeclaration<'a>) -> Effective<'a> {
        let dedicated = field.is_dedicated();
        let mut effective = self.defaults();
        if dedicated {
            effective = effective.with(Level::ModelOverride, field.overrides.model);
        }
        effective = self.attributes(effective, field);
        effective = effective.with(Level::ProcessOverride, field.overrides.process);
        if !dedicated {
            effective = effective.with(Level::SharedOverride, field.overrides.model);
        }
        effective.with(Level::FieldOverride, field.overrides.field)
    }

    /// The settings of one field as the code gives them, without overrides.
    #[must_use]
    pub const fn declared(&self, field: &FieldDeclaration<'a>) -> Effective<'a> {
        self.attributes(self.defaults(), field)
    }

    /// `effective` below what the attributes of a field and its message say.
    const fn attributes(
        &self,
        effective: Effective<'a>,
        field: &FieldDeclaration<'a>,
    ) -> Effective<'a> {
        let mut effective = effective.with(Level::Message, field.message.given);
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
                Some((_, Level::Model | Level::ModelOverride)) | None => None,
                found => found,
            }
        } else {
            self.shared().find(Setting::GroupId)
        }
    }
}
