//! All rules of one consumer.

use super::view::View;
use super::{delivery, features, fetch, group, security, timing, tls};
use crate::effective::Effective;
use crate::features::Features;
use crate::violation::Violations;

/// The rules that a consumer's connection breaks.
///
/// `settings` are those of all levels. That there is a `group_id` is for the model to say.
#[must_use]
pub const fn consumer(settings: &Effective<'_>, features: Features) -> Violations {
    connection(
        View {
            settings,
            whole: true,
        },
        features,
    )
}

/// The rules that the processing of one type's records breaks. `keyed` says whether the type names
/// its key.
///
/// `settings` are those of all levels.
#[must_use]
pub const fn processing(settings: &Effective<'_>, keyed: bool) -> Violations {
    delivery::check(
        View {
            settings,
            whole: true,
        },
        keyed,
    )
}

pub(super) const fn connection(view: View<'_, '_>, features: Features) -> Violations {
    let found = features::check(view, features);
    let found = group::check(found, view);
    let found = timing::check(found, view);
    let found = fetch::check(found, view);
    let found = security::check(found, view);
    tls::check(found, view)
}
