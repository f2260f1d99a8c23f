//! The crate features that settings need.

use super::view::View;
use crate::Given;
use crate::features::{Feature, Features};
use crate::setting::{Kind, Value};
use crate::text::{Text, eq};
use crate::violation::{Violation, Violations};

/// The settings in force that need a crate feature which this build does not have.
///
/// [`Spec::read`](crate::Spec::read) says the same where it knows the features.
pub(super) const fn check(view: View<'_, '_>, features: Features) -> Violations {
    let mut found = Violations::none();
    let layers = view.settings.layers();
    let mut layer = 0;
    while layer < layers.len() {
        let given = layers[layer].given;
        let mut i = 0;
        while i < given.len() {
            if let Some(feature) = needed(&given[i])
                && !features.has(feature)
                && in_force(view, &given[i], layers[layer].level as u8)
            {
                found = found.and(missing(&given[i], feature));
            }
            i += 1;
        }
        layer += 1;
    }
    found
}

const fn in_force(view: View<'_, '_>, given: &Given<'_>, level: u8) -> bool {
    match view.settings.find(given.setting) {
        Some((_, strongest)) => strongest as u8 == level,
        None => false,
    }
}

/// The feature that a setting needs, or its value does.
const fn needed(given: &Given<'_>) -> Option<Feature> {
    let spec = given.setting.spec();
    if spec.feature.is_some() {
        return spec.feature;
    }
    if let (Kind::Choice(choices), Value::Str(value)) = (spec.kind, given.value) {
        let mut i = 0;
        while i < choices.len() {
            if choices[i].feature.is_some() && eq(choices[i].name, value) {
                return choices[i].feature;
            }
            i += 1;
        }
    }
    None
}

const fn missing(given: &Given<'_>, feature: Feature) -> Violation {
    let spec = given.setting.spec();
    let mut text = Text::new().str(spec.name);
    if let (None, Value::Str(value)) = (spec.feature, given.value) {
        text = text.str(" = \"").str(value).str("\"");
    }
    text = match feature {
        Feature::Curl => {
            text.str(" needs a librdkafka with libcurl, which no build of kafka-model has")
        }
        Feature::Ssl | Feature::Zstd | Feature::Gssapi => text
            .str(" needs the crate feature `")
            .str(feature.name())
            .str("`: add features = [\"")
            .str(feature.name())
            .str("\"] to kafka-model in Cargo.toml"),
    };
    Violation {
        at: Some(given.setting),
        with: None,
        text,
    }
}
