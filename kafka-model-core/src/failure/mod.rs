//! What happens with a record that could not be handled, as settings say it: retries in place, retry topics,
//! dead letters. Pure, and `const` where rules need it.

mod backoff;
mod delays;
mod duration;
mod limit;
pub(crate) mod wrong;

pub use backoff::Backoff;
pub use delays::{Delays, MAX_DELAYS, retry_topic};
pub use limit::Limit;

use crate::effective::Effective;
use crate::setting::Setting;
use crate::text::eq;

/// What happens with a record that failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// Its partition stops.
    Halt,
    /// It is counted, logged and settled.
    Skip,
    /// It goes to a dead-letter topic, and is settled once it is there.
    DeadLetter,
}

/// What happens with a record that failed for good, under these settings.
///
/// A `dead_letter` topic is itself the word that failures go there. If another `on_failure` is given too, the
/// one at the stronger level holds; that they contradict each other at one level is a rule's to say.
#[must_use]
pub const fn on_failure(settings: &Effective<'_>) -> OnFailure {
    let word = match settings.str(Setting::OnFailure) {
        Some(word) if eq(word, "skip") => OnFailure::Skip,
        Some(word) if eq(word, "dead_letter") => OnFailure::DeadLetter,
        _ => OnFailure::Halt,
    };
    match (
        settings.find(Setting::OnFailure),
        settings.find(Setting::DeadLetter),
    ) {
        (Some((_, said)), Some((_, topic))) if (said as u8) > (topic as u8) => word,
        (_, Some(_)) => OnFailure::DeadLetter,
        (_, None) => word,
    }
}
