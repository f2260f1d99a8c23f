//! The two verdicts on one configuration.

use std::collections::BTreeSet;

use kafka_model_core::setting::FRAMEWORK_DEFAULTS;
use kafka_model_core::{Effective, Features, Given, Level, Setting, Value, rules};
use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;

use crate::draw::Draft;
use crate::overridden;
use crate::stricter::{self, Refusal};

/// How the verdicts compare.
pub enum Outcome {
    /// Both say the same: "accept" or "refuse".
    Same(&'static str),
    /// Only we refuse, and for these reasons on the list.
    Stricter(BTreeSet<&'static str>),
    /// They differ, and this is how.
    Different(String),
}

/// Holds our verdict on `drafts` against librdkafka's.
pub fn compare(drafts: &[Draft], features: Features) -> Outcome {
    let ours = ours(drafts, features);
    if let Some(overridden) = overridden::verdict(drafts)
        && overridden.is_ok() != ours.is_empty()
    {
        return Outcome::Different(format!(
            "as attributes it is {ours:#?}, as overrides {overridden:#?}"
        ));
    }
    let theirs = theirs(drafts, features);
    let unlisted: Vec<_> = ours
        .iter()
        .filter(|refusal| stricter::reason(refusal, features).is_none())
        .collect();
    match &theirs {
        Ok(()) if ours.is_empty() => Outcome::Same("accept"),
        Ok(()) if unlisted.is_empty() => Outcome::Stricter(
            ours.iter()
                .filter_map(|refusal| stricter::reason(refusal, features))
                .collect(),
        ),
        Ok(()) => Outcome::Different(format!("we refuse, and librdkafka accepts: {unlisted:#?}")),
        Err(why) if ours.is_empty() => {
            Outcome::Different(format!("librdkafka refuses, and we accept: {why}"))
        }
        // With only reasons of our own, we would have missed theirs, unless they speak of a value
        // that we could not read.
        Err(why)
            if unlisted.is_empty()
                && !ours
                    .iter()
                    .any(|refusal| matches!(refusal, Refusal::Value { .. })) =>
        {
            Outcome::Different(format!(
                "librdkafka refuses, but not for what we refuse: {why}\n{ours:#?}"
            ))
        }
        Err(_) => Outcome::Same("refuse"),
    }
}

fn ours(drafts: &[Draft], features: Features) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut given = vec![Given::new(Setting::GroupId, Value::Str("g"))];
    for draft in drafts {
        match draft.spec().read(draft.written.as_written(), features) {
            Ok(value) => given.push(Given::new(draft.spec().canonical(), value)),
            Err(text) => refusals.push(Refusal::Value {
                spec: draft.spec(),
                text,
            }),
        }
    }
    if !refusals.is_empty() {
        // What rules say of the rest would be said of another configuration.
        return refusals;
    }
    let settings = Effective::empty()
        .with(Level::Framework, FRAMEWORK_DEFAULTS)
        .with(Level::Model, &given);
    let broken = rules::consumer(&settings, features);
    refusals.extend(broken.iter().map(|violation| Refusal::Rule {
        at: violation.at,
        text: violation.text.to_string(),
    }));
    refusals
}

/// The default of the framework that goes with the classic protocol only.
const ASSIGNORS: &str = "partition_assignment_strategy";

fn theirs(drafts: &[Draft], features: Features) -> Result<(), String> {
    let mut config = ClientConfig::new();
    config.set("group.id", "g");
    for given in FRAMEWORK_DEFAULTS {
        config.set(
            given.setting.spec().property.expect("a property"),
            native(given.value).expect("no secret"),
        );
    }
    for draft in drafts {
        let spec = draft.spec();
        let read = spec
            .read(draft.written.as_written(), features)
            .ok()
            .and_then(native);
        config.set(
            spec.property.expect("a property"),
            read.unwrap_or_else(|| draft.native.clone()),
        );
    }
    if config.get("group.protocol") == Some("consumer")
        && !drafts.iter().any(|draft| draft.name == ASSIGNORS)
    {
        config.remove("partition.assignment.strategy");
    }
    match config.create::<BaseConsumer>() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// What librdkafka is told, if the value itself says.
fn native(value: Value<'_>) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Str(text) => Some(text.to_owned()),
        Value::From(_) => None,
    }
}
