//! The names of topics.

use crate::text::{Text, eq};
use crate::violation::Violation;

/// How long a topic's name may be (Kafka's `Topic.MAX_NAME_LENGTH`).
const MAX_LEN: usize = 249;

/// What is wrong with `topic` as the name of a topic, if anything is.
#[must_use]
pub const fn topic_name(topic: &str) -> Option<Violation> {
    let text = Text::new();
    let bytes = topic.as_bytes();
    let text = if bytes.is_empty() {
        text.str("the topic is empty: give it a name")
    } else if eq(topic, ".") || eq(topic, "..") {
        text.str("the topic is \"")
            .str(topic)
            .str("\", which Kafka refuses: give it a name")
    } else if let Some(at) = first_illegal(bytes) {
        let (_, rest) = topic.split_at(at);
        let text = text
            .str("the topic \"")
            .str(topic)
            .str("\" has the character `");
        text.str(first_char(rest))
            .str("`: a topic's name is made of a-z, A-Z, 0-9, `.`, `_` and `-`")
    } else if bytes.len() > MAX_LEN {
        #[allow(clippy::cast_possible_wrap, reason = "a length")]
        let len = bytes.len() as i64;
        text.str("the topic's name is ")
            .int(len)
            .str(" characters long: Kafka takes at most 249")
    } else {
        return None;
    };
    Some(Violation {
        at: None,
        with: None,
        text,
    })
}

const fn first_illegal(name: &[u8]) -> Option<usize> {
    let mut i = 0;
    while i < name.len() {
        if !(name[i].is_ascii_alphanumeric() || matches!(name[i], b'.' | b'_' | b'-')) {
            return Some(i);
        }
        i += 1;
    }
    None
}

const fn first_char(text: &str) -> &str {
    let mut end = 1;
    while !text.is_char_boundary(end) {
        end += 1;
    }
    text.split_at(end).0
}
