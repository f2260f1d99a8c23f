//! How the levels at which a setting can be given combine into the value in force.

use crate::setting::{Setting, Value};

/// A setting and the value given to it, at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// Which setting. Aliases are resolved: this is never an alias.
    pub setting: Setting,
    /// Its value, already read into the setting's own unit.
    pub value: Value<'a>,
    /// Whether no override may change it: it is given in `pinned(...)`.
    pub pinned: bool,
}

impl<'a> Given<'a> {
    /// `setting` given the value `value`.
    #[must_use]
    pub const fn new(setting: Setting, value: Value<'a>) -> Self {
        Self {
            setting,
            value,
            pinned: false,
        }
    }
}

/// Where a setting was given, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `kafka-model`'s own default, where it differs from librdkafka's.
    Framework,
    /// `#[kafka(...)]` on the model.
    Model,
    /// An override of the model, as a dedicated consumer has it: in the place of what the model says.
    ModelOverride,
    /// `#[kafka(...)]` on the message type.
    Message,
    /// `#[kafka(dedicated(...))]` on the message type.
    Dedicated,
    /// `#[kafka(...)]` on the model's field.
    Field,
    /// `#[kafka(dedicated(...))]` on the model's field.
    FieldDedicated,
    /// An override of the whole process.
    ProcessOverride,
    /// An override of the model, as its shared consumer and the types on it have it.
    SharedOverride,
    /// An override of one field of the model.
    FieldOverride,
}

impl Level {
    /// The level in words, to say where a value comes from.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Framework => "kafka-model's default",
            Self::Model => "the model",
            Self::Message => "the message type",
            Self::Dedicated => "the message type's `dedicated(...)`",
            Self::Field => "the model's field",
            Self::FieldDedicated => "the field's `dedicated(...)`",
            Self::ProcessOverride => "an override of the process",
            Self::ModelOverride | Self::SharedOverride => "an override of the model",
            Self::FieldOverride => "an override of the field",
        }
    }

    /// Whether it is of an override, and not of the code.
    #[must_use]
    pub const fn is_override(self) -> bool {
        matches!(
            self,
            Self::ModelOverride
                | Self::ProcessOverride
                | Self::SharedOverride
                | Self::FieldOverride
        )
    }
}

/// What was given at one level.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// The level.
    pub level: Level,
    /// What is given there.
    pub given: &'a [Given<'a>],
}

/// How many layers an [`Effective`] has room for.
const LAYERS: usize = 10;

/// Layers of settings, the strongest last, seen as one.
#[derive(Clone, Copy, Debug)]
pub struct Effective<'a> {
    layers: [Layer<'a>; LAYERS],
    len: usize,
}

impl<'a> Effective<'a> {
    /// No layer at all: every setting is absent.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            layers: [Layer {
                level: Level::Framework,
                given: &[],
            }; LAYERS],
            len: 0,
        }
    }

    /// These layers below `given`, which wins over them.
    ///
    /// # Panics
    /// If there are already ten layers.
    #[must_use]
    pub const fn with(mut self, level: Level, given: &'a [Given<'a>]) -> Self {
        self.layers[self.len] = Layer { level, given };
        self.len += 1;
        self
    }

    /// The layers, weakest first.
    #[must_use]
    pub const fn layers(&self) -> &[Layer<'a>] {
        self.layers.split_at(self.len).0
    }

    /// What was given to `setting`, and at which level; `None` if only its default holds.
    #[must_use]
    pub const fn find(&self, setting: Setting) -> Option<(Value<'a>, Level)> {
        match self.find_entry(setting) {
            Some((given, level)) => Some((given.value, level)),
            None => None,
        }
    }

    /// Like [`find`](Self::find), with all that was given.
    #[must_use]
    pub const fn find_entry(&self, setting: Setting) -> Option<(&'a Given<'a>, Level)> {
        let mut layer = self.len;
        while layer > 0 {
            layer -= 1;
            let given = self.layers[layer].given;
            let mut i = given.len();
            while i > 0 {
                i -= 1;
                if given[i].setting as u16 == setting as u16 {
                    return Some((&given[i], self.layers[layer].level));
                }
            }
        }
        None
    }

    /// What was given to `setting` by the user: like [`find`](Self::find), but blind to
    /// [`Level::Framework`].
    #[must_use]
    pub const fn find_given(&self, setting: Setting) -> Option<(Value<'a>, Level)> {
        match self.find(setting) {
            Some((_, Level::Framework)) | None => None,
            found => found,
        }
    }

    /// The value in force: what was given, or else the default of the table.
    #[must_use]
    pub const fn value(&self, setting: Setting) -> Option<Value<'a>> {
        match self.find(setting) {
            Some((value, _)) => Some(value),
            None => setting.spec().default,
        }
    }

    /// The integer in force; `None` if the setting has none.
    #[must_use]
    pub const fn int(&self, setting: Setting) -> Option<i64> {
        match self.value(setting) {
            Some(Value::Int(int)) => Some(int),
            _ => None,
        }
    }

    /// The text in force; `None` if the setting has none or takes it from the environment.
    #[must_use]
    pub const fn str(&self, setting: Setting) -> Option<&'a str> {
        match self.value(setting) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The flag in force; `false` if the setting has none.
    #[must_use]
    pub const fn bool(&self, setting: Setting) -> bool {
        matches!(self.value(setting), Some(Value::Bool(true)))
    }
}
