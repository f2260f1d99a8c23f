//! The table held against the linked library, row by row.

use kafka_model_core::setting::SPECS;
use kafka_model_core::{Kind, Side, Spec, Value};

use crate::linked;

/// The rows about librdkafka's properties, but for callbacks, which cannot be set by text.
fn rows() -> impl Iterator<Item = (&'static Spec, &'static str)> {
    let features = linked::features();
    SPECS
        .iter()
        .filter(move |spec| {
            // A topic's configs are the broker's.
            spec.side != Side::Topic
                && spec.kind != Kind::Callback
                && spec.feature.is_none_or(|feature| features.has(feature))
        })
        .filter_map(|spec| Some((spec, spec.property?)))
}

#[test]
fn defaults_are_librdkafkas() {
    for (spec, property) in rows() {
        let ours = match spec.default {
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Float(number)) => number.to_string(),
            Some(Value::Str(text)) => text.to_owned(),
            Some(Value::From(source)) => source.to_string(),
            None => String::new(),
        };
        // What is not set, librdkafka does not know the value of.
        let theirs = linked::default(property).unwrap_or_default();
        if property != "builtin.features" {
            assert_eq!(ours, theirs, "{property}");
        }
    }
}

#[test]
fn ranges_are_librdkafkas() {
    for (spec, property) in rows() {
        let Kind::Int { min, max, .. } = spec.kind else {
            continue;
        };
        for good in [min, max] {
            assert!(
                linked::set(property, &good.to_string()).is_ok(),
                "{property} = {good}"
            );
        }
        for bad in [min - 1, max + 1] {
            assert!(
                linked::set(property, &bad.to_string()).is_err(),
                "{property} = {bad}"
            );
        }
    }
}

#[test]
fn choices_are_librdkafkas() {
    let features = linked::features();
    for (spec, property) in rows() {
        match spec.kind {
            Kind::Choice(choices) => {
                for choice in choices {
                    let ours = choice.feature.is_none_or(|feature| features.has(feature));
                    let theirs = linked::set(property, choice.name).is_ok();
                    // A mechanism is looked at when the consumer is created.
                    assert!(
                        ours == theirs || spec.name.starts_with("sasl_mechanism"),
                        "{property} = {}",
                        choice.name
                    );
                }
                assert!(linked::set(property, "none of them").is_err(), "{property}");
            }
            Kind::Flags(flags) if property != "builtin.features" => {
                assert!(
                    linked::set(property, &flags.join(",")).is_ok(),
                    "{property}"
                );
            }
            Kind::Bool => {
                assert!(
                    linked::set(property, "true").is_ok() && linked::set(property, "false").is_ok(),
                    "{property}"
                );
                assert!(linked::set(property, "maybe").is_err(), "{property}");
            }
            _ => {}
        }
    }
}

#[test]
fn names_are_librdkafkas() {
    for spec in SPECS.iter().filter(|spec| spec.side != Side::Topic) {
        let Some(property) = spec.property else {
            continue;
        };
        let error = match linked::set(property, "") {
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        assert!(
            !error.contains("No such configuration property"),
            "{property}: {error}"
        );
    }
    let unknown = linked::set("max.poll.records", "1")
        .err()
        .expect("a property of Java's")
        .to_string();
    assert!(
        unknown.contains("No such configuration property"),
        "{unknown}"
    );
}

#[test]
fn no_property_is_missing() {
    for property in linked::properties() {
        let known = SPECS
            .iter()
            .any(|spec| spec.side != Side::Topic && spec.property == Some(property.as_str()));
        // A hook for librdkafka's own unit tests.
        assert!(
            known || property == "ut_handle_ProduceResponse",
            "{property}"
        );
    }
}

#[test]
fn what_needs_a_feature_is_refused_without_it() {
    let features = linked::features();
    for spec in SPECS.iter().filter(|spec| spec.side != Side::Topic) {
        let (Some(property), Some(feature)) = (spec.property, spec.feature) else {
            continue;
        };
        let takes_text = matches!(spec.kind, Kind::Text);
        if takes_text && !features.has(feature) && !spec.name.starts_with("sasl_kerberos") {
            assert!(linked::set(property, "a").is_err(), "{property}");
        }
    }
}
