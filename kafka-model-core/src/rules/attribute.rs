//! The rules of one attribute: only what it gives is known.

use super::view::View;
use super::{delivery, failure, merged, provision, topic};
use crate::declaration::MessageDeclaration;
use crate::effective::{Effective, Given, Level};
use crate::features::Features;
use crate::setting::Setting;
use crate::text::Text;
use crate::violation::{Violation, Violations};

/// The rules that a message type's attributes break by themselves.
#[must_use]
pub const fn message(message: &MessageDeclaration<'_>, features: Features) -> Violations {
    if message.refused {
        return Violations::none();
    }
    let mut settings = Effective::empty().with(Level::Message, message.given);
    if let Some(dedicated) = message.dedicated {
        settings = settings.with(Level::Dedicated, dedicated);
    }
    let found = given(&settings, message.keyed, features)
        .and_maybe(topic::topic_name(message.topic))
        .and_maybe(failure::own_topic(message.topic, &settings));
    match message.dedicated {
        Some([]) => found.and(empty_dedicated()),
        Some(_) if settings.find(Setting::GroupId).is_none() => {
            found.and(no_group(message.type_name))
        }
        Some(_) | None => found,
    }
}

/// The rules that a model's attribute breaks by itself.
#[must_use]
pub const fn model_attribute(settings: &[Given<'_>], features: Features) -> Violations {
    // A key belongs to a message type.
    given(
        &Effective::empty().with(Level::Model, settings),
        true,
        features,
    )
}

/// The rules that the attributes of a model's field break by themselves.
#[must_use]
pub const fn field_attribute(
    settings: &[Given<'_>],
    dedicated: Option<&[Given<'_>]>,
    features: Features,
) -> Violations {
    let mut all = Effective::empty().with(Level::Field, settings);
    if let Some(dedicated) = dedicated {
        all = all.with(Level::FieldDedicated, dedicated);
    }
    let found = given(&all, true, features);
    match dedicated {
        Some([]) => found.and(empty_dedicated()),
        Some(_) | None => found,
    }
}

const fn given(settings: &Effective<'_>, keyed: bool, features: Features) -> Violations {
    let view = View {
        settings,
        whole: false,
    };
    merged::connection(view, features)
        .and_all(&delivery::check(view, keyed))
        .and_all(&provision::check(view))
}

const fn empty_dedicated() -> Violation {
    let text = Text::new().str(
        "`dedicated()` is empty, but a consumer of its own needs a group of its own: \
         write dedicated(group_id = \"...\")",
    );
    Violation {
        at: None,
        with: Some(Setting::GroupId),
        text,
    }
}

/// The violation of a dedicated consumer without a group.
pub(super) const fn no_group(name: &str) -> Violation {
    let text = Text::new().str("`dedicated(...)` has no group_id: a consumer of its own never takes the model's, so write dedicated(group_id = \"");
    let text = kebab(text, name).str("\", ...)");
    Violation {
        at: None,
        with: Some(Setting::GroupId),
        text,
    }
}

/// `text`, and behind it `name` in small letters with dashes: a proposal for a group.
const fn kebab(mut text: Text, name: &str) -> Text {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let c = bytes[i];
        if i > 0 && c.is_ascii_uppercase() && !bytes[i - 1].is_ascii_uppercase() {
            text = text.str("-");
        }
        let small = [if c == b'_' {
            b'-'
        } else {
            c.to_ascii_lowercase()
        }];
        text = match core::str::from_utf8(&small) {
            Ok(small) => text.str(small),
            Err(_) => text,
        };
        i += 1;
    }
    text
}
