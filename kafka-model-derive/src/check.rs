//! The rules, held against what an attribute says; each breach at the tokens that caused it.

use kafka_model_core::{Setting, Violation, Violations};
use proc_macro2::TokenStream;

use crate::mistakes::Mistakes;
use crate::settings::Settings;

/// Notes each of `violations` at the setting that it is about, which is in one of `levels`, the
/// strongest first; or at `otherwise`.
///
/// What could only follow from a mistake that is already noted is left out: a rule about a setting
/// whose value could not be read, and a rule about a setting that is missing where something is
/// misspelt.
pub(crate) fn note(
    violations: &Violations,
    levels: &[&Settings],
    otherwise: &TokenStream,
    mistakes: &mut Mistakes,
) {
    let doubtful =
        |setting: Option<Setting>| setting.is_some_and(|setting| is_doubtful(setting, levels));
    for violation in violations.iter() {
        if !doubtful(violation.at) && !doubtful(violation.with) {
            mistakes.at(
                place(violation, levels).unwrap_or(otherwise),
                violation.text.as_str(),
            );
        }
    }
}

fn is_doubtful(setting: Setting, levels: &[&Settings]) -> bool {
    let given = levels.iter().any(|level| level.find(setting).is_some());
    levels
        .iter()
        .any(|level| level.is_broken(setting) || (!given && level.is_incomplete()))
}

/// The value of the setting to point at; if that is not given here, that of the other one.
fn place<'a>(violation: &Violation, levels: &[&'a Settings]) -> Option<&'a TokenStream> {
    let find = |setting: Setting| levels.iter().find_map(|level| level.find(setting));
    violation
        .at
        .and_then(find)
        .or_else(|| violation.with.and_then(find))
        .map(|placed| &placed.value_at)
}
