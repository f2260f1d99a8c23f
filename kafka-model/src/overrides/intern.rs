//! Texts that live as long as the process.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// `text` for the life of the process. Settings are `'static`, since the compiler makes nearly all of them; the few that
/// come at start are kept for good, each text once.
pub(super) fn intern(text: &str) -> &'static str {
    static KEPT: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return known;
    }
    let text = Box::leak(Box::<str>::from(text));
    kept.insert(text);
    text
}
