//! Settings in parentheses behind a common name: `retry(attempts = 5)`, `dead_letter(topic = "…")`.

use kafka_model_core::setting::GROUPS;

use crate::attr::{self, Body, Entry};
use crate::mistakes::Mistakes;

/// `entries`, with those of a group in its place, each under the name that it has in the table:
/// `retry(attempts)`.
pub(crate) fn ungroup(entries: Vec<Entry>, mistakes: &mut Mistakes) -> Vec<Entry> {
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let takes = GROUPS
            .iter()
            .find(|(group, _)| *group == entry.name)
            .map(|(_, takes)| *takes);
        match (takes, &entry.body) {
            (Some(takes), Body::List(list)) => {
                let group = &entry.name;
                let before = mistakes.len();
                let inner = attr::list(list, mistakes);
                if inner.is_empty() && mistakes.len() == before {
                    mistakes.at(
                        entry.whole(),
                        format!("`{group}()` says nothing: {}", how(group, takes)),
                    );
                }
                all.extend(inner.into_iter().map(|inner| named(group, inner)));
            }
            // `dead_letter = "topic"` is a setting by itself, `retry = 5` is not.
            (Some(takes), Body::Nothing | Body::Value(_)) if entry.name == "retry" => {
                mistakes.at(
                    entry.whole(),
                    format!(
                        "`retry` takes settings in parentheses: {}",
                        how(&entry.name, takes)
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
        ("dead_letter", "topic") => group.to_owned(),
        (_, name) => format!("{group}({name})"),
    };
    Entry { name, ..entry }
}

fn how(group: &str, takes: &[&str]) -> String {
    let takes: Vec<_> = takes.iter().map(|name| format!("`{name}`")).collect();
    let example = match group {
        "retry" => "retry(attempts = 5)",
        _ => "dead_letter = \"…\"",
    };
    format!("write `{example}` (it takes {})", takes.join(", "))
}
