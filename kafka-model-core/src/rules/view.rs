//! What a rule sees of the settings, and how it speaks of them.

use crate::effective::{Effective, Level};
use crate::setting::{Kind, Setting, Unit, Value, unit};
use crate::text::Text;
use crate::violation::Violation;

/// Merged settings, of a whole consumer or only of one attribute.
#[derive(Clone, Copy)]
pub(super) struct View<'e, 'a> {
    pub(super) settings: &'e Effective<'a>,
    /// Whether all levels are there, so that what is not given has its default. Of one attribute,
    /// nothing is known about what it does not give.
    pub(super) whole: bool,
}

/// A number in force, and where it comes from: `None` is the table's default.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) setting: Setting,
    pub(super) value: i64,
    pub(super) level: Option<Level>,
}

/// A text in force, and where it comes from: `None` is the table's default.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) setting: Setting,
    pub(super) value: &'a str,
    pub(super) level: Option<Level>,
}

impl<'a> View<'_, 'a> {
    /// What is known of `setting`.
    const fn find(&self, setting: Setting) -> Option<(Value<'a>, Option<Level>)> {
        match self.settings.find(setting) {
            Some((value, level)) => Some((value, Some(level))),
            None if self.whole => match setting.spec().default {
                Some(value) => Some((value, None)),
                None => None,
            },
            None => None,
        }
    }

    /// The number in force, if it is known.
    pub(super) const fn number(&self, setting: Setting) -> Option<Number> {
        match self.find(setting) {
            Some((Value::Int(value), level)) => Some(Number {
                setting,
                value,
                level,
            }),
            _ => None,
        }
    }

    /// The text in force, if it is known.
    pub(super) const fn word(&self, setting: Setting) -> Option<Word<'a>> {
        match self.find(setting) {
            Some((Value::Str(value), level)) => Some(Word {
                setting,
                value,
                level,
            }),
            _ => None,
        }
    }

    /// The number that the user gave.
    pub(super) const fn given_number(&self, setting: Setting) -> Option<Number> {
        match self.settings.find_given(setting) {
            Some((Value::Int(value), level)) => Some(Number {
                setting,
                value,
                level: Some(level),
            }),
            _ => None,
        }
    }

    /// The text that the user gave.
    pub(super) const fn given_word(&self, setting: Setting) -> Option<Word<'a>> {
        match self.settings.find_given(setting) {
            Some((Value::Str(value), level)) => Some(Word {
                setting,
                value,
                level: Some(level),
            }),
            _ => None,
        }
    }

    /// Whether the user gave `setting`, by value or from the environment.
    pub(super) const fn is_given(&self, setting: Setting) -> bool {
        self.settings.find_given(setting).is_some()
    }

    /// Whether it is certain that the user did not give `setting`.
    pub(super) const fn is_missing(&self, setting: Setting) -> bool {
        self.whole && !self.is_given(setting)
    }
}

/// Whether a value at level `this` is at least as strong as one at level `other`.
pub(super) const fn at_least(this: Level, other: Option<Level>) -> bool {
    match other {
        Some(other) => this as u8 >= other as u8,
        None => true,
    }
}

/// Where a value comes from, if that is not where the one beside it does.
const fn origin(text: Text, this: Option<Level>, beside: Option<Level>) -> Text {
    match (this, beside) {
        (None, _) => text.str(", the default"),
        (Some(Level::Framework), _) => text.str(", ").str(Level::Framework.describe()),
        (Some(_), None | Some(Level::Framework)) => text,
        (Some(this), Some(beside)) if this as u8 == beside as u8 => text,
        (Some(this), Some(_)) => text.str(", given by ").str(this.describe()),
    }
}

/// `text`, and behind it `name (value)`, with the value's origin if that is not `beside`.
pub(super) const fn say(text: Text, number: Number, beside: Option<Level>) -> Text {
    origin(
        text.str(number.setting.name()).str(" (").int(number.value),
        number.level,
        beside,
    )
    .str(")")
}

/// `text`, and behind it `name = "value"`, with the value's origin if that is not `beside`.
pub(super) const fn say_word(text: Text, word: Word<'_>, beside: Option<Level>) -> Text {
    let text = text
        .str(word.setting.name())
        .str(" = \"")
        .str(word.value)
        .str("\"");
    let from = origin(Text::new(), word.level, beside);
    match from.as_str().split_at_checked(", ".len()) {
        Some((_, from)) => text.str(" (").str(from).str(")"),
        None => text,
    }
}

/// `text`, and behind it `value` as it is written for `setting`.
pub(super) const fn write(text: Text, setting: Setting, value: i64) -> Text {
    let unit = match setting.spec().kind {
        Kind::Int { unit, .. } => unit,
        _ => Unit::Plain,
    };
    unit::write(text, value, unit)
}

const fn takes(setting: Setting, value: i64) -> bool {
    match setting.spec().kind {
        Kind::Int { min, max, .. } => min <= value && value <= max,
        _ => false,
    }
}

/// That `small` is too large for `large`: `relation` says how they should be, and `lower` and
/// `raise` are values with which they would.
pub(super) const fn too_large(
    small: Number,
    relation: &str,
    large: Number,
    lower: i64,
    raise: i64,
) -> Violation {
    let text = say(Text::new(), small, large.level).str(relation);
    let mut text = say(text, large, small.level).str(": ");
    let can_lower = takes(small.setting, lower);
    let can_raise = takes(large.setting, raise);
    if can_lower {
        text = text
            .str("lower ")
            .str(small.setting.name())
            .str(", for instance to ");
        text = write(text, small.setting, lower);
        if can_raise {
            text = text.str(", or raise ").str(large.setting.name());
        }
    } else {
        text = text.str("raise ").str(large.setting.name());
        if can_raise {
            text = write(text.str(", for instance to "), large.setting, raise);
        }
    }
    let small_is_given = !matches!(small.level, None | Some(Level::Framework));
    let (at, with) = if small_is_given {
        (small, large)
    } else {
        (large, small)
    };
    Violation {
        at: Some(at.setting),
        with: Some(with.setting),
        text,
    }
}
