//! The table by itself. Whether it is librdkafka's is for the differential test.

use std::collections::HashSet;

use kafka_model_core::failure::Backoff;
use kafka_model_core::setting::{SPECS, look_up};
use kafka_model_core::{Feature, Features, Kind, Side, Standing, Value};

#[test]
fn names_are_unique_and_follow_the_property() {
    let mut names = HashSet::new();
    for spec in SPECS {
        assert!(names.insert(spec.name), "{} is there twice", spec.name);
        assert_eq!(look_up(spec.name).unwrap().setting, spec.setting);
        match spec.property {
            Some(property) if spec.side == Side::Topic => {
                assert_eq!(spec.name, format!("topic({})", property.replace('.', "_")));
            }
            Some(property) => assert_eq!(spec.name, property.replace('.', "_")),
            None => assert!(
                matches!(spec.side, Side::Processing | Side::Service)
                    || ["topic(partitions)", "topic(replication)"].contains(&spec.name),
                "{}",
                spec.name
            ),
        }
    }
}

#[test]
fn the_variant_is_the_name_in_camel_case() {
    for spec in SPECS {
        let mut camel = String::new();
        let name = spec.name.trim_end_matches(')');
        for word in name.split(['_', '(']) {
            camel.extend(word[..1].to_uppercase().chars().chain(word[1..].chars()));
        }
        assert_eq!(format!("{:?}", spec.setting), camel);
    }
}

#[test]
fn a_default_is_a_value_that_the_setting_takes() {
    for spec in SPECS {
        let name = spec.name;
        match (spec.kind, spec.default) {
            // The broker's, which is not known.
            (_, None) if spec.side == Side::Topic => {}
            (Kind::Bool, Some(Value::Bool(_))) | (Kind::Text, Some(Value::Str(_)) | None) => {}
            (Kind::Int { min, max, .. }, Some(Value::Int(default))) => {
                assert!(min <= default && default <= max, "{name}");
            }
            (Kind::Float { min, max, .. }, Some(Value::Float(default))) => {
                assert!(min <= default && default <= max, "{name}");
            }
            (Kind::Choice(choices), Some(Value::Str(default))) => {
                assert!(
                    choices.iter().any(|choice| choice.name == default),
                    "{name}"
                );
            }
            (Kind::Flags(flags), Some(Value::Str(default))) => {
                assert!(
                    default.split(',').all(|flag| flags.contains(&flag)),
                    "{name}"
                );
            }
            (Kind::Backoff, Some(Value::Str(default))) => {
                assert!(Backoff::parse(default).is_some(), "{name}");
            }
            (
                Kind::Flags(_)
                | Kind::Patterns
                | Kind::Topic
                | Kind::Delays
                | Kind::Limit
                | Kind::Callback,
                None,
            ) => {}
            (kind, default) => panic!("{name}: {kind:?} with {default:?}"),
        }
    }
}

#[test]
fn an_alias_stands_for_a_setting_of_the_same_kind() {
    let mut aliases = 0;
    for spec in SPECS {
        let of = spec.canonical().spec();
        assert!(
            !matches!(of.standing, Standing::Alias(_)),
            "{} is an alias of an alias",
            spec.name
        );
        if let Standing::Alias(setting) = spec.standing {
            aliases += 1;
            assert_eq!(setting, of.setting);
            assert_eq!(
                (spec.kind, spec.default, spec.side),
                (of.kind, of.default, of.side),
                "{}",
                spec.name
            );
            assert_eq!(
                (spec.sensitive, spec.feature),
                (of.sensitive, of.feature),
                "{}",
                spec.name
            );
        }
    }
    assert_eq!(aliases, 11);
}

#[test]
fn what_cannot_be_given_says_why() {
    for spec in SPECS {
        if spec.kind == Kind::Callback {
            assert!(spec.refuse().is_some(), "{}", spec.name);
        }
        if let Standing::Deprecated(why) | Standing::Owned(why) = spec.standing {
            assert!(!why.is_empty() && !why.ends_with('.'), "{}", spec.name);
        }
    }
}

#[test]
fn every_secret_is_sensitive() {
    for name in [
        "sasl_password",
        "ssl_key_password",
        "ssl_key_pem",
        "ssl_keystore_password",
        "sasl_oauthbearer_config",
    ] {
        assert!(look_up(name).unwrap().is_secret(), "{name}");
    }
    for name in [
        "sasl_username",
        "ssl_key_location",
        "ssl_ca_pem",
        "group_id",
    ] {
        assert!(!look_up(name).unwrap().is_secret(), "{name}");
    }
    assert!(SPECS.iter().all(|spec| spec.sensitive || !spec.is_secret()));
}

#[test]
fn features_are_told_apart() {
    let ssl = Features {
        ssl: true,
        ..Features::default()
    };
    assert!(
        ssl.has(Feature::Ssl)
            && !ssl.has(Feature::Zstd)
            && !ssl.has(Feature::Gssapi)
            && !ssl.has(Feature::Curl)
    );
    assert_eq!(
        look_up("ssl_ca_location").unwrap().feature,
        Some(Feature::Ssl)
    );
    assert_eq!(
        look_up("sasl_oauthbearer_scope").unwrap().feature,
        Some(Feature::Curl)
    );
}
