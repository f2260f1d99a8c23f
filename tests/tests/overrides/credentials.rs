//! Whose credentials go where.

use kafka_model::{Kafka, KafkaMessage, KafkaModel, SettingValue, Topic};
use serde::{Deserialize, Serialize};

use crate::{Audit, Event, find};

/// Credentials of its own, on the brokers of all.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-secure")]
#[kafka(dedicated(
    group_id = "overrides-secure",
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN",
    sasl_username = "secure",
    sasl_password = env("SECURE_PASSWORD")
))]
struct Secure {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "overrides-users")]
#[allow(dead_code, reason = "only described")]
struct Users {
    secure: Topic<Secure>,
    audit: Topic<Audit>,
    events: Topic<Event>,
}

#[test]
fn credentials_of_the_process_do_not_get_mixed_with_a_consumers_own() {
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("security_protocol", "sasl_plaintext")
        .set("sasl_mechanism", "PLAIN")
        .set("sasl_username", "main")
        .set("sasl_password", SettingValue::env("MAIN_PASSWORD"))
        .build();
    let model = Users::describe(&kafka).unwrap();
    let value = |field, name| find(&model, field, name).map(|(value, _)| value);
    let names = ["bootstrap_servers", "sasl_username", "sasl_password"];
    let all = |field| names.map(|name| value(field, name).unwrap_or_default());
    assert_eq!(all(None), ["main:9092", "main", "env(\"MAIN_PASSWORD\")"]);
    assert_eq!(
        all(Some("secure")),
        ["main:9092", "secure", "env(\"SECURE_PASSWORD\")"]
    );
    assert_eq!(
        all(Some("audit")),
        ["audit:9092", "", ""],
        "another cluster"
    );
}

/// A consumer of its own, with what the process says.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-plain", dedicated(group_id = "overrides-plain"))]
struct Plain {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "overrides-guests")]
#[allow(dead_code, reason = "only described")]
struct Guests {
    plain: Topic<Plain>,
    events: Topic<Event>,
}

/// On a cluster of its own, for good.
#[derive(KafkaModel)]
#[kafka(group_id = "overrides-away", pinned(bootstrap_servers = "away:9092"))]
#[allow(dead_code, reason = "only described")]
struct Away {
    plain: Topic<Plain>,
    events: Topic<Event>,
}

/// What is said for the whole process.
fn of_the_process() -> kafka_model::KafkaBuilder {
    Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("security_protocol", "sasl_plaintext")
        .set("sasl_mechanism", "PLAIN")
        .set("sasl_username", "main")
        .set("sasl_password", SettingValue::env("MAIN_PASSWORD"))
}

/// Brokers, name and password of a field, or else of the shared consumer.
fn access(model: &kafka_model::ModelDescription, field: Option<&str>) -> [String; 3] {
    ["bootstrap_servers", "sasl_username", "sasl_password"]
        .map(|name| find(model, field, name).map_or_else(String::new, |(value, _)| value))
}

#[test]
fn credentials_of_the_process_do_not_go_to_a_cluster_that_an_override_names() {
    let main = ["main:9092", "main", "env(\"MAIN_PASSWORD\")"];
    // Of one field.
    let kafka = of_the_process()
        .set("guests.plain.bootstrap_servers", "other:9092")
        .build();
    let model = Guests::describe(&kafka).unwrap();
    assert_eq!(access(&model, Some("plain")), ["other:9092", "", ""]);
    assert_eq!(access(&model, None), main);
    // Of the model, which is also what its dedicated consumer takes.
    let kafka = of_the_process()
        .set("guests.bootstrap_servers", "other:9092")
        .build();
    let model = Guests::describe(&kafka).unwrap();
    assert_eq!(access(&model, None), ["other:9092", "", ""]);
    assert_eq!(access(&model, Some("plain")), ["other:9092", "", ""]);
    // A model that is pinned to a cluster.
    let model = Away::describe(&of_the_process().build()).unwrap();
    assert_eq!(access(&model, None), ["away:9092", "", ""]);
    assert_eq!(access(&model, Some("plain")), ["away:9092", "", ""]);
}

#[test]
fn a_name_that_an_override_gives_does_not_get_the_password_of_the_process() {
    let kafka = of_the_process()
        .set("guests.plain.security_protocol", "sasl_plaintext")
        .set("guests.plain.sasl_mechanism", "PLAIN")
        .set("guests.plain.sasl_username", "guest")
        .build();
    let error = Guests::describe(&kafka).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.contains("Guests.plain (Plain): "), "{error}");
    assert!(error.contains("needs"), "{error}");
    let place = file!();
    assert!(
        error.contains("the sasl_password of ") && error.contains(place),
        "it says why the password of the process is not taken: {error}"
    );
    let kafka = of_the_process()
        .set("guests.security_protocol", "sasl_plaintext")
        .set("guests.sasl_mechanism", "PLAIN")
        .set("guests.sasl_username", "guest")
        .build();
    let error = Guests::describe(&kafka).unwrap_err().to_string();
    assert!(error.contains("- Guests: "), "{error}");
    // With a password of their own it is theirs alone.
    let kafka = of_the_process()
        .set("guests.security_protocol", "sasl_plaintext")
        .set("guests.sasl_mechanism", "PLAIN")
        .set("guests.sasl_username", "guest")
        .set("guests.sasl_password", SettingValue::env("GUEST_PASSWORD"))
        .build();
    let model = Guests::describe(&kafka).unwrap();
    let guest = ["main:9092", "guest", "env(\"GUEST_PASSWORD\")"];
    assert_eq!(access(&model, None), guest);
    assert_eq!(access(&model, Some("plain")), guest);
}
