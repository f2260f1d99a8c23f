//! The rules of a model: of each of its consumers, and of all of them together.

use super::attribute::no_group;
use super::{failure, merged, provision};
use crate::declaration::{FieldDeclaration, ModelDeclaration};
use crate::features::Features;
use crate::setting::{Setting, Side, Value};
use crate::text::{Text, eq, hash};
use crate::violation::{Violation, Violations};

/// The rules that the field at `index` breaks, with the settings of all levels.
///
/// What [`shared`] reports of the model's own settings is not reported again.
///
/// # Panics
/// If there is no such field.
#[must_use]
pub const fn field(model: &ModelDeclaration<'_>, index: usize, features: Features) -> Violations {
    let field = &model.fields[index];
    if model.refused || field.message.refused {
        return Violations::none();
    }
    let settings = model.field(field);
    if field.publish_only {
        return publish_only(field).and_all(&provision::topic(&settings));
    }
    let mut found = Violations::none();
    if field.is_dedicated() {
        if model.group(field).is_none() {
            found = found.and(no_group(field.name));
        }
        found = found.and_all(&merged::consumer(&settings, features));
    } else {
        found = connection_settings(field);
    }
    found = found
        .and_all(&merged::processing(&settings, field.message.keyed))
        .and_all(&provision::topic(&settings))
        .and_all(&failure::topics(model, index));
    if found.is_empty() || !shares(model) {
        found
    } else {
        without(&found, &of_shared(model, features))
    }
}

/// The rules that the shared consumer breaks, if any field shares it.
#[must_use]
pub const fn shared(model: &ModelDeclaration<'_>, features: Features) -> Violations {
    if model.refused || !shares(model) {
        return Violations::none();
    }
    let mut found = Violations::none();
    if model.shared().find(Setting::GroupId).is_none() {
        found = found.and(no_shared_group(model));
    }
    found.and_all(&of_shared(model, features))
}

/// The rules that the fields of a model break together.
#[must_use]
pub const fn model(model: &ModelDeclaration<'_>) -> Violations {
    if model.refused {
        return Violations::none();
    }
    if model.fields.is_empty() {
        let text = Text::new()
            .str("the model has no fields: give it one field of type `Topic<T>` for each topic");
        return Violations::none().and(Violation {
            at: None,
            with: None,
            text,
        });
    }
    groups(topics(model), model)
}

/// Whether a field's records come by the shared consumer.
const fn is_shared(field: &FieldDeclaration<'_>) -> bool {
    !field.publish_only && !field.is_dedicated()
}

const fn shares(model: &ModelDeclaration<'_>) -> bool {
    let mut i = 0;
    while i < model.fields.len() {
        if is_shared(&model.fields[i]) {
            return true;
        }
        i += 1;
    }
    false
}

/// What is wrong with the model's own settings. A key belongs to a message type, so it is not
/// missed here.
const fn of_shared(model: &ModelDeclaration<'_>, features: Features) -> Violations {
    let settings = model.shared();
    merged::consumer(&settings, features).and_all(&merged::processing(&settings, true))
}

const fn no_shared_group(model: &ModelDeclaration<'_>) -> Violation {
    let mut text = Text::new().str("the model has no group_id, but ");
    let mut sharing = 0;
    let mut i = 0;
    while i < model.fields.len() {
        if is_shared(&model.fields[i]) {
            text = text
                .str(if sharing > 0 { ", `" } else { "`" })
                .str(model.fields[i].name)
                .str("`");
            sharing += 1;
        }
        i += 1;
    }
    let text = text
        .str(if sharing > 1 { " need" } else { " needs" })
        .str(" the shared consumer: write #[kafka(group_id = \"...\")] on the model");
    Violation {
        at: Some(Setting::GroupId),
        with: None,
        text,
    }
}

const fn publish_only(field: &FieldDeclaration<'_>) -> Violations {
    let first = first_of_consuming(field);
    let setting = match (first, field.dedicated) {
        (_, Some(_)) => "dedicated(...)",
        (Some(first), None) => first.name(),
        (None, None) => return Violations::none(),
    };
    let text = Text::new()
        .str(setting)
        .str(" has no effect on a field that is only published to: leave it out, or leave out `publish_only`");
    Violations::none().and(Violation {
        at: first,
        with: None,
        text,
    })
}

/// The first of a field's settings that is not about its topic.
const fn first_of_consuming(field: &FieldDeclaration<'_>) -> Option<Setting> {
    let mut i = 0;
    while i < field.given.len() {
        let setting = field.given[i].setting;
        if !matches!(setting.spec().side, Side::Topic) {
            return Some(setting);
        }
        i += 1;
    }
    None
}

/// Settings of a connection on a field that has none of its own.
const fn connection_settings(field: &FieldDeclaration<'_>) -> Violations {
    let mut found = Violations::none();
    let mut i = 0;
    while i < field.given.len() {
        let setting = field.given[i].setting;
        if setting.spec().side.is_connection() {
            let text = Text::new()
                .str(setting.name())
                .str(" configures a consumer connection, but `")
                .str(field.name)
                .str("` shares its consumer: put it in `dedicated(...)` or on the model");
            found = found.and(Violation {
                at: Some(setting),
                with: None,
                text,
            });
        }
        i += 1;
    }
    found
}

/// Topics that two fields have.
const fn topics(model: &ModelDeclaration<'_>) -> Violations {
    let mut found = Violations::none();
    let mut i = 1;
    while i < model.fields.len() {
        let later = &model.fields[i];
        let mut j = 0;
        while j < i {
            let earlier = &model.fields[j];
            if later.message.topic_hash == earlier.message.topic_hash
                && eq(later.message.topic, earlier.message.topic)
            {
                found = found.and_maybe(same_topic(earlier, later));
                break;
            }
            j += 1;
        }
        i += 1;
    }
    found
}

const fn same_topic(
    earlier: &FieldDeclaration<'_>,
    later: &FieldDeclaration<'_>,
) -> Option<Violation> {
    let text = Text::new()
        .str("`")
        .str(earlier.name)
        .str("` and `")
        .str(later.name)
        .str("` are both ");
    let text = if eq(earlier.message.type_name, later.message.type_name) {
        text.str("`Topic<")
            .str(later.message.type_name)
            .str(">`: one field is enough to consume and to publish")
    } else if earlier.publish_only || later.publish_only {
        return None;
    } else {
        text.str("consumed from the topic \"")
            .str(later.message.topic)
            .str("\", and nothing tells `")
            .str(earlier.message.type_name)
            .str("` from `")
            .str(later.message.type_name)
            .str("` there: make them one type, for instance an enum")
    };
    Some(Violation {
        at: None,
        with: None,
        text,
    })
}

/// How many groups are held at once.
const BLOCK: usize = 64;

/// A group's hash, and what tells the shared consumer's group from a dedicated one's.
#[derive(Clone, Copy)]
struct Group {
    hash: u64,
    index: usize,
}

/// Groups that two consumers have. The first shared field stands for the shared consumer.
const fn groups(mut found: Violations, model: &ModelDeclaration<'_>) -> Violations {
    let mut start = 0;
    while start < model.fields.len() {
        let mut block = [Group { hash: 0, index: 0 }; BLOCK];
        let mut held = 0;
        let mut i = start;
        let mut next = model.fields.len();
        while i < model.fields.len() {
            if let Some(hash) = group_hash(model, i) {
                let mut j = 0;
                while j < held {
                    if block[j].hash == hash
                        && let Some(violation) = same_group(model, block[j].index, i)
                    {
                        found = found.and(violation);
                        break;
                    }
                    j += 1;
                }
                if held < BLOCK {
                    block[held] = Group { hash, index: i };
                    held += 1;
                } else if next == model.fields.len() {
                    next = i;
                }
            }
            i += 1;
        }
        start = next;
    }
    found
}

/// The hash of the group of the consumer that begins with the field at `index`.
const fn group_hash(model: &ModelDeclaration<'_>, index: usize) -> Option<u64> {
    let field = &model.fields[index];
    if field.publish_only || (is_shared(field) && !is_first_shared(model, index)) {
        return None;
    }
    match model.group(field) {
        Some((Value::Str(group), _)) => Some(hash(group)),
        Some((Value::From(source), _)) => Some(hash(source.name)),
        _ => None,
    }
}

const fn is_first_shared(model: &ModelDeclaration<'_>, index: usize) -> bool {
    let mut i = 0;
    while i < index {
        if is_shared(&model.fields[i]) {
            return false;
        }
        i += 1;
    }
    true
}

const fn same_group(
    model: &ModelDeclaration<'_>,
    earlier: usize,
    later: usize,
) -> Option<Violation> {
    let (earlier, later) = (&model.fields[earlier], &model.fields[later]);
    let (Some((one, _)), Some((other, _))) = (model.group(earlier), model.group(later)) else {
        return None;
    };
    let (group, same) = match (one, other) {
        (Value::Str(one), Value::Str(other)) => {
            (Text::new().str("\"").str(one).str("\""), eq(one, other))
        }
        (Value::From(one), Value::From(other)) => (
            Text::new()
                .str(one.kind.name())
                .str("(\"")
                .str(one.name)
                .str("\")"),
            one.kind as u8 == other.kind as u8 && eq(one.name, other.name),
        ),
        _ => return None,
    };
    if !same {
        return None;
    }
    let text = match (is_shared(earlier), is_shared(later)) {
        (false, false) => Text::new()
            .str("`")
            .str(earlier.name)
            .str("` and `")
            .str(later.name)
            .str("` have consumers of their own, but the same group_id = ")
            .str(group.as_str())
            .str(": each dedicated consumer needs a group of its own"),
        (first, _) => Text::new()
            .str("`")
            .str(if first { later.name } else { earlier.name })
            .str("` has a consumer of its own, but the group_id = ")
            .str(group.as_str())
            .str(" of the shared one: a dedicated consumer needs a group of its own"),
    };
    Some(Violation {
        at: Some(Setting::GroupId),
        with: None,
        text,
    })
}

/// `found` but for what is also in `known`.
const fn without(found: &Violations, known: &Violations) -> Violations {
    let mut left = Violations::none();
    let mut i = 0;
    while i < found.len() {
        if let Some(violation) = found.get(i) {
            let mut is_known = false;
            let mut j = 0;
            while j < known.len() {
                if let Some(other) = known.get(j) {
                    is_known = is_known || eq(violation.text.as_str(), other.text.as_str());
                }
                j += 1;
            }
            if !is_known {
                left = left.and(*violation);
            }
        }
        i += 1;
    }
    left
}
