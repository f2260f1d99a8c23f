//! Settings that no override may change: `pinned(order = "key")`.

use crate::attr::{self, Body, Entry};
use crate::mistakes::Mistakes;
use crate::words::Word;

/// The name that they stand behind.
pub(crate) const PINNED: &str = "pinned";

/// `entries`, with those in a `pinned(...)` in its place, marked as such.
pub(crate) fn unpin(entries: Vec<Entry>, mistakes: &mut Mistakes) -> Vec<Entry> {
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.name != PINNED {
            all.push(entry);
            continue;
        }
        let before = mistakes.len();
        let inner = match &entry.body {
            Body::List(list) => attr::list(list, mistakes),
            Body::Nothing | Body::Value(_) => Vec::new(),
        };
        if inner.is_empty() && mistakes.len() == before {
            mistakes.at(
                entry.whole(),
                "`pinned(...)` takes the settings that no override may change: write `pinned(order = \"key\")`",
            );
        }
        for entry in inner {
            if entry.name == PINNED || Word::named(&entry.name).is_some() {
                mistakes.at(
                    &entry.at,
                    format!(
                        "`{}` is not a setting that could be overridden: it belongs beside `pinned(...)`",
                        entry.name
                    ),
                );
                continue;
            }
            all.push(Entry {
                pinned: true,
                ..entry
            });
        }
    }
    all
}
