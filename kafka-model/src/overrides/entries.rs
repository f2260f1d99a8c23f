//! What a source of overrides has.

use std::collections::BTreeMap;

use config::{Value, ValueKind};

/// The path of a key, and what is given there.
pub(super) type Entry = (Vec<String>, Value);

/// Overrides by their paths. Of the same path, the later one counts; what is at one path takes nothing from what is
/// below it.
pub(super) type Entries = BTreeMap<Vec<String>, Value>;

/// Everything in `stored` that is no table, with its path.
pub(super) fn leaves(stored: Value) -> Vec<Entry> {
    fn gather(path: &[String], stored: Value, found: &mut Vec<Entry>) {
        match stored.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let path: Vec<_> = path.iter().cloned().chain([key]).collect();
                    gather(&path, value, found);
                }
            }
            _ => found.push((path.to_vec(), stored)),
        }
    }
    let mut found = Vec::new();
    gather(&[], stored, &mut found);
    found
}
