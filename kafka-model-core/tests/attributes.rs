//! The rules of one attribute: only what it gives is known.

mod common;

use common::{ALL, texts};
use kafka_model_core::rules::{field_attribute, message, model_attribute, topic_name};
use kafka_model_core::{Features, Given, MessageDeclaration, text};

fn declared<'a>(
    topic: &'a str,
    given: &'a [Given<'a>],
    dedicated: Option<&'a [Given<'a>]>,
) -> MessageDeclaration<'a> {
    MessageDeclaration {
        type_name: "CriticalAlert",
        topic,
        topic_hash: text::hash(topic),
        keyed: false,
        given,
        dedicated,
        refused: false,
    }
}

#[test]
fn relations_hold_within_an_attribute() {
    let both = given! { group_id = "g", session_timeout_ms = "20s", max_poll_interval_ms = "10s" };
    let found = message(&declared("alerts", &[], Some(both)), ALL);
    assert_eq!(found.len(), 1);
    assert!(
        texts(&found)[0].starts_with(
            "session_timeout_ms (20000) must not exceed max_poll_interval_ms (10000): "
        )
    );
    assert_eq!(model_attribute(both, ALL).len(), 1);
    assert_eq!(field_attribute(&[], Some(both), ALL).len(), 1);
}

#[test]
fn what_is_not_given_may_come_from_elsewhere() {
    // Each of these breaks a rule with the defaults, which another level may change.
    for given in [
        given! { max_poll_interval_ms = "10s" },
        given! { session_timeout_ms = "3s" },
        given! { receive_message_max_bytes = "10MB" },
        given! { fetch_max_bytes = 0 },
        given! { security_protocol = "sasl_ssl" },
        given! { sasl_mechanism = "PLAIN" },
        given! { sasl_username = "a" },
        given! { ssl_ca_location = "/ca.pem" },
        given! { ssl_keystore_location = "/k" },
        given! { group_remote_assignor = "uniform" },
        given! { backpressure = "drop_oldest" },
        given! { drain_timeout_ms = "10m" },
        given! { order = "key" },
    ] {
        assert_eq!(texts(&model_attribute(given, ALL)), [""; 0]);
        assert_eq!(texts(&field_attribute(given, None, ALL)), [""; 0]);
    }
}

#[test]
fn features_are_missed_at_once() {
    assert_eq!(
        model_attribute(given! { security_protocol = "ssl" }, Features::default()).len(),
        1
    );
}

#[test]
fn a_dedicated_consumer_has_a_group() {
    let empty = message(&declared("alerts", &[], Some(&[])), ALL);
    assert_eq!(
        texts(&empty),
        [
            "`dedicated()` is empty, but a consumer of its own needs a group of its own: \
          write dedicated(group_id = \"...\")"
        ]
    );
    let groupless = message(
        &declared("alerts", &[], Some(given! { max_buffered = 10 })),
        ALL,
    );
    assert_eq!(
        texts(&groupless),
        [
            "`dedicated(...)` has no group_id: a consumer of its own never takes the model's, \
          so write dedicated(group_id = \"critical-alert\", ...)"
        ]
    );
    assert!(
        message(
            &declared("alerts", &[], Some(given! { group_id = "g" })),
            ALL
        )
        .is_empty()
    );
    assert!(
        message(
            &declared(
                "alerts",
                given! { group_id = "g" },
                Some(given! { max_buffered = 9 })
            ),
            ALL
        )
        .is_empty()
    );
    // A field's `dedicated(...)` may add to the message's.
    assert!(field_attribute(&[], Some(given! { max_buffered = 10 }), ALL).is_empty());
    assert_eq!(field_attribute(&[], Some(&[]), ALL).len(), 1);
}

#[test]
fn order_by_key_needs_a_key_on_the_type() {
    let mut alert = declared("alerts", given! { order = "key" }, None);
    assert_eq!(message(&alert, ALL).len(), 1);
    alert.keyed = true;
    assert!(message(&alert, ALL).is_empty());
}

#[test]
fn a_refused_declaration_is_not_checked() {
    let mut alert = declared("", &[], Some(&[]));
    alert.refused = true;
    assert!(message(&alert, ALL).is_empty());
}

#[test]
fn topics_have_names_that_kafka_takes() {
    let longest = "a".repeat(249);
    for good in ["a", "critical-alerts", "A.b_c-9", "...", &longest] {
        assert!(topic_name(good).is_none(), "{good}");
    }
    let too_long = "a".repeat(250);
    for (bad, text) in [
        ("", "the topic is empty: give it a name"),
        (
            ".",
            "the topic is \".\", which Kafka refuses: give it a name",
        ),
        (
            "..",
            "the topic is \"..\", which Kafka refuses: give it a name",
        ),
        (
            "a b",
            "the topic \"a b\" has the character ` `: a topic's name is made of a-z, A-Z, 0-9, `.`, `_` and `-`",
        ),
        (
            "straße",
            "the topic \"straße\" has the character `ß`: a topic's name is made of a-z, A-Z, 0-9, `.`, `_` and `-`",
        ),
        (
            &too_long,
            "the topic's name is 250 characters long: Kafka takes at most 249",
        ),
    ] {
        assert_eq!(topic_name(bad).unwrap().text.as_str(), text);
    }
    assert_eq!(message(&declared("a/b", &[], None), ALL).len(), 1);
}
