//! Settings in parentheses behind a common name: `retry(attempts = 5)`, `dead_letter(topic = "…")`,
//! `topic(name = "…", partitions = 6)`.

use kafka_model_core::setting::{GROUPS, group_takes};
use proc_macro2::{TokenStream, TokenTree};

use crate::attr::{self, Body, Entry};
use crate::mistakes::Mistakes;
use crate::pinned::unpin;
use crate::tokens::flatten;

/// `entries`, with those of a group or of a `pinned(...)` in its place, each under the name that it has in the
/// table: `retry(attempts)`.
pub(crate) fn ungroup(entries: Vec<Entry>, mistakes: &mut Mistakes) -> Vec<Entry> {
    let entries = unpin(entries, mistakes);
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let takes = GROUPS
            .iter()
            .find(|(group, _)| *group == entry.name)
            .map(|(_, takes)| *takes);
        match (takes, &entry.body) {
            (Some(takes), Body::List(list)) => {
                let group = &entry.name;
                if let Some(value) = only_value(list) {
                    mistakes.at(&value, nameless(group, takes, &value));
                    continue;
                }
                let before = mistakes.len();
                let inner = attr::list(list, mistakes);
                if inner.is_empty() && mistakes.len() == before {
                    mistakes.at(
                        entry.whole(),
                        format!("`{group}()` says nothing: {}", how(group)),
                    );
                }
                all.extend(inner.into_iter().map(|inner| Entry {
                    pinned: entry.pinned,
                    ..named(group, inner)
                }));
            }
            // `dead_letter = "topic"` and `topic = "topic"` say something by themselves, `retry = 5` does not.
            (Some(_), Body::Nothing | Body::Value(_)) if entry.name == "retry" => {
                mistakes.at(
                    entry.whole(),
                    format!(
                        "`retry` takes settings in parentheses: {}",
                        how(&entry.name)
                    ),
                );
            }
            _ => all.push(entry),
        }
    }
    all
}

/// `entry` of `group` under the name of the table.
fn named(group: &str, entry: Entry) -> Entry {
    let name = match (group, entry.name.as_str()) {
        ("dead_letter", "topic") | ("topic", "name") => group.to_owned(),
        (_, name) => format!("{group}({name})"),
    };
    Entry { name, ..entry }
}

/// The literal that `list` has in its parentheses, if that is all.
fn only_value(list: &TokenStream) -> Option<TokenTree> {
    let mut tokens = flatten(list.clone()).into_iter();
    let (Some(TokenTree::Group(group)), None) = (tokens.next(), tokens.next()) else {
        return None;
    };
    let mut inner = flatten(group.stream()).into_iter();
    match (inner.next(), inner.next()) {
        (Some(value @ TokenTree::Literal(_)), None) => Some(value),
        _ => None,
    }
}

/// What is said of `retry(5)`.
fn nameless(group: &str, takes: &[&str], value: &TokenTree) -> String {
    let written = match group {
        "dead_letter" => format!("{group} = {value}"),
        "topic" if value.to_string().ends_with('"') => format!("{group} = {value}"),
        "topic" => format!("topic(partitions = {value})"),
        _ => format!("{group}({} = {value})", takes.first().unwrap_or(&"…")),
    };
    format!("`{value}` has no name: write `{written}`")
}

fn how(group: &str) -> String {
    let example = match group {
        "retry" => "retry(attempts = 5)",
        "topic" => "topic(partitions = 6)",
        _ => "dead_letter = \"…\"",
    };
    format!("write `{example}` (it takes {})", group_takes(group))
}
