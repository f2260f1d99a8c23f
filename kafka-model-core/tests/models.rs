//! The rules of a model, each with its nearest legal neighbour.

mod common;

use common::{ALL, texts};
use kafka_model_core::rules::{field, model, shared};
use kafka_model_core::{
    FieldDeclaration, Given, MessageDeclaration, ModelDeclaration, Overrides, Violations, text,
};

const fn message<'a>(
    type_name: &'a str,
    topic: &'a str,
    dedicated: Option<&'a [Given<'a>]>,
) -> MessageDeclaration<'a> {
    let topic_hash = text::hash(topic);
    MessageDeclaration {
        type_name,
        topic,
        topic_hash,
        keyed: false,
        given: &[],
        dedicated,
        refused: false,
    }
}

const fn of<'a>(name: &'a str, message: &'a MessageDeclaration<'a>) -> FieldDeclaration<'a> {
    FieldDeclaration {
        name,
        message,
        publish_only: false,
        given: &[],
        dedicated: None,
        overrides: Overrides::NONE,
    }
}

const fn with<'a>(
    given: &'a [Given<'a>],
    fields: &'a [FieldDeclaration<'a>],
) -> ModelDeclaration<'a> {
    ModelDeclaration {
        name: "Monitoring",
        given,
        fields,
        refused: false,
        overrides: Overrides::NONE,
    }
}

/// What all rules of a model say, in the order in which the generated code asks.
fn all(declaration: &ModelDeclaration<'_>) -> Vec<String> {
    let mut found = texts(&model(declaration));
    found.extend(texts(&shared(declaration, ALL)));
    for index in 0..declaration.fields.len() {
        found.extend(texts(&field(declaration, index, ALL)));
    }
    found
}

#[test]
fn the_model_of_the_readme_is_legal() {
    let alert = message(
        "CriticalAlert",
        "critical-alerts",
        Some(given! {
            group_id = "critical-alerts", session_timeout_ms = "6s", max_poll_interval_ms = "10s", max_buffered = 100,
        }),
    );
    let bulk = message(
        "BulkDataEvent",
        "bulk-data",
        Some(given! {
            group_id = "bulk-processor", max_buffered = 10_000, fetch_max_bytes = "50MiB",
        }),
    );
    let regular = message("RegularEvent", "regular-events", None);
    let mut regular_field = of("regular", &regular);
    regular_field.given = given! { max_buffered = 500 };
    let fields = [of("alerts", &alert), of("bulk", &bulk), regular_field];
    let given = given! { group_id = "monitoring", auto_offset_reset = "earliest", max_poll_interval_ms = "5m" };
    assert_eq!(all(&with(given, &fields)), [""; 0]);
}

#[test]
fn levels_are_merged_before_they_are_compared() {
    let alert = message(
        "Alert",
        "alerts",
        Some(given! { group_id = "alerts", max_poll_interval_ms = "10s" }),
    );
    let fields = [of("alerts", &alert)];
    assert_eq!(
        all(&with(&[], &fields)),
        [
            "session_timeout_ms (45000, the default) must not exceed max_poll_interval_ms (10000): \
          lower session_timeout_ms, for instance to \"10s\", or raise max_poll_interval_ms"
        ]
    );
    assert_eq!(
        all(&with(given! { session_timeout_ms = "6s" }, &fields)),
        [""; 0]
    );
    let mut field = of("alerts", &alert);
    field.given = given! { session_timeout_ms = "10s" };
    assert_eq!(all(&with(&[], &[field])), [""; 0]);
}

#[test]
fn a_shared_field_needs_the_models_group() {
    let (one, two) = (message("One", "one", None), message("Two", "two", None));
    let fields = [of("one", &one), of("two", &two)];
    assert_eq!(
        all(&with(&[], &fields)),
        [
            "the model has no group_id, but `one`, `two` need the shared consumer: \
          write #[kafka(group_id = \"...\")] on the model"
        ]
    );
    assert_eq!(all(&with(given! { group_id = "g" }, &fields)), [""; 0]);
    let mut publishers = fields;
    publishers[0].publish_only = true;
    publishers[1].publish_only = true;
    assert_eq!(all(&with(&[], &publishers)), [""; 0]);
}

#[test]
fn a_dedicated_field_never_takes_the_models_group() {
    let one = message("One", "one", None);
    let mut field = of("one", &one);
    field.dedicated = Some(given! { max_buffered = 10 });
    let group = given! { group_id = "g" };
    assert_eq!(
        all(&with(group, &[field])),
        [
            "`dedicated(...)` has no group_id: a consumer of its own never takes the model's, \
          so write dedicated(group_id = \"one\", ...)"
        ]
    );
    field.dedicated = Some(given! { group_id = "own" });
    assert_eq!(all(&with(group, &[field])), [""; 0]);
}

#[test]
fn consumers_do_not_share_a_group() {
    let (one, two) = (
        message("One", "one", Some(given! { group_id = "g" })),
        message("Two", "two", Some(given! { group_id = "g" })),
    );
    let fields = [of("one", &one), of("two", &two)];
    assert_eq!(
        all(&with(&[], &fields)),
        [
            "`one` and `two` have consumers of their own, but the same group_id = \"g\": \
          each dedicated consumer needs a group of its own"
        ]
    );
    let other = message("Two", "two", Some(given! { group_id = "h" }));
    assert_eq!(
        all(&with(&[], &[of("one", &one), of("two", &other)])),
        [""; 0]
    );

    let shares = message("Two", "two", None);
    let text = "`one` has a consumer of its own, but the group_id = \"g\" of the shared one: \
                a dedicated consumer needs a group of its own";
    assert_eq!(
        all(&with(
            given! { group_id = "g" },
            &[of("one", &one), of("two", &shares)]
        )),
        [text]
    );
    assert_eq!(
        all(&with(
            given! { group_id = "g" },
            &[of("two", &shares), of("one", &one)]
        )),
        [text]
    );
    // Nothing shares, so no consumer is in the model's group.
    assert_eq!(
        all(&with(given! { group_id = "g" }, &[of("one", &one)])),
        [""; 0]
    );

    let (one, two) = (
        message("One", "one", Some(given! { group_id = "env:GROUP" })),
        message("Two", "two", Some(given! { group_id = "env:GROUP" })),
    );
    assert_eq!(
        all(&with(&[], &[of("one", &one), of("two", &two)])).len(),
        1
    );
}

#[test]
fn more_consumers_than_are_compared_at_once() {
    let groups: Vec<String> = (0..200).map(|i| format!("group-{}", i % 199)).collect();
    let topics: Vec<String> = (0..200).map(|i| format!("topic-{i}")).collect();
    let given: Vec<[Given<'_>; 1]> = groups
        .iter()
        .map(|group| {
            [Given::new(
                kafka_model_core::Setting::GroupId,
                kafka_model_core::Value::Str(group),
            )]
        })
        .collect();
    let messages: Vec<_> = topics
        .iter()
        .zip(&given)
        .map(|(topic, given)| message("T", topic, Some(given)))
        .collect();
    let fields: Vec<_> = topics
        .iter()
        .zip(&messages)
        .map(|(topic, message)| of(topic, message))
        .collect();
    assert_eq!(
        texts(&model(&with(&[], &fields))),
        [
            "`topic-0` and `topic-199` have consumers of their own, but the same group_id = \"group-0\": \
          each dedicated consumer needs a group of its own"
        ]
    );
    assert!(model(&with(&[], &fields[..199])).is_empty());
    assert!(model(&with(&[], &fields[1..])).is_empty());
}

#[test]
fn topics_are_there_once() {
    let (one, two) = (message("One", "same", None), message("Two", "same", None));
    let group = given! { group_id = "g" };
    assert_eq!(
        all(&with(group, &[of("one", &one), of("two", &two)])),
        [
            "`one` and `two` are both consumed from the topic \"same\", and nothing tells `One` from `Two` there: \
          make them one type, for instance an enum"
        ]
    );
    assert_eq!(
        all(&with(group, &[of("one", &one), of("again", &one)])),
        ["`one` and `again` are both `Topic<One>`: one field is enough to consume and to publish"]
    );
    let mut publisher = of("two", &two);
    publisher.publish_only = true;
    assert_eq!(all(&with(group, &[of("one", &one), publisher])), [""; 0]);
    let other = message("One", "other", None);
    assert_eq!(
        all(&with(group, &[of("one", &one), of("two", &other)])),
        [""; 0]
    );
}

#[test]
fn a_connection_setting_on_a_shared_field_is_refused() {
    let one = message("One", "one", None);
    let mut field = of("one", &one);
    field.given = given! { session_timeout_ms = "6s", max_buffered = 5 };
    let group = given! { group_id = "g" };
    assert_eq!(
        all(&with(group, &[field])),
        [
            "session_timeout_ms configures a consumer connection, but `one` shares its consumer: \
          put it in `dedicated(...)` or on the model"
        ]
    );
    let own = message("One", "one", Some(given! { group_id = "own" }));
    field.message = &own;
    assert_eq!(all(&with(group, &[field])), [""; 0]);
}

#[test]
fn a_field_that_is_only_published_to_consumes_nothing() {
    let one = message(
        "One",
        "one",
        Some(given! { group_id = "own", session_timeout_ms = "20m" }),
    );
    let mut field = of("one", &one);
    field.publish_only = true;
    assert_eq!(all(&with(&[], &[field])), [""; 0]);
    field.given = given! { max_buffered = 5 };
    assert_eq!(
        all(&with(&[], &[field])),
        [
            "max_buffered has no effect on a field that is only published to: leave it out, or leave out `publish_only`"
        ]
    );
}

#[test]
fn what_is_wrong_with_the_model_is_said_once() {
    let (one, two, three) = (
        message("One", "one", Some(given! { group_id = "one" })),
        message("Two", "two", Some(given! { group_id = "two" })),
        message("Three", "three", None),
    );
    let fields = [of("one", &one), of("two", &two), of("three", &three)];
    let given =
        given! { group_id = "g", max_poll_interval_ms = "10s", backpressure = "drop_oldest" };
    let found = all(&with(given, &fields));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("session_timeout_ms (45000, the default) must not exceed"));
    assert!(found[1].starts_with("backpressure = \"drop_oldest\" loses records"));
}

#[test]
fn order_by_key_is_a_matter_of_each_type() {
    let (keyless, mut keyed) = (message("One", "one", None), message("Two", "two", None));
    keyed.keyed = true;
    let given = given! { group_id = "g", order = "key" };
    let found = all(&with(given, &[of("one", &keyless), of("two", &keyed)]));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("order = \"key\" needs a key"));
}

#[test]
fn a_model_without_fields_is_refused() {
    assert_eq!(all(&with(&[], &[])).len(), 1);
}

#[test]
fn what_was_refused_before_is_not_checked_again() {
    let mut one = message("One", "", None);
    one.refused = true;
    let fields = [of("one", &one)];
    let group = given! { group_id = "g" };
    let mut declaration = with(group, &fields);
    assert!(field(&declaration, 0, ALL).is_empty());
    declaration.given = &[];
    declaration.refused = true;
    assert_eq!(all(&declaration), [""; 0]);
}

/// A model of a hundred types is checked by the compiler without the lint against long evaluation.
mod hundred {
    use kafka_model_core::{Setting, Value};

    use super::*;

    const TYPES: usize = 100;
    const DIGITS: &[u8; 10] = b"0123456789";
    const GROUPS: &[u8] = &{
        let mut names = [0; TYPES * 3];
        let mut i = 0;
        while i < TYPES {
            names[i * 3] = b'g';
            names[i * 3 + 1] = DIGITS[i / 10];
            names[i * 3 + 2] = DIGITS[i % 10];
            i += 1;
        }
        names
    };

    const fn name(i: usize) -> &'static str {
        match core::str::from_utf8(GROUPS.split_at(i * 3).1.split_at(3).0) {
            Ok(name) => name,
            Err(_) => "",
        }
    }

    static GIVEN: [[Given<'static>; 4]; TYPES] = {
        let mut given = [[Given::new(Setting::GroupId, Value::Str("")); 4]; TYPES];
        let mut i = 0;
        while i < TYPES {
            given[i] = [
                Given::new(Setting::GroupId, Value::Str(name(i))),
                Given::new(Setting::SessionTimeoutMs, Value::Int(6_000)),
                Given::new(Setting::MaxPollIntervalMs, Value::Int(10_000)),
                Given::new(Setting::MaxBuffered, Value::Int(100)),
            ];
            i += 1;
        }
        given
    };

    static MESSAGES: [MessageDeclaration<'static>; TYPES] = {
        let mut messages = [message("T", "", None); TYPES];
        let mut i = 0;
        while i < TYPES {
            messages[i] = message(name(i), name(i), Some(&GIVEN[i]));
            i += 1;
        }
        messages
    };

    static FIELDS: [FieldDeclaration<'static>; TYPES] = {
        let mut fields = [of("", &MESSAGES[0]); TYPES];
        let mut i = 0;
        while i < TYPES {
            fields[i] = of(name(i), &MESSAGES[i]);
            i += 1;
        }
        fields
    };

    const MODEL: ModelDeclaration<'static> = with(&[], &FIELDS);

    #[test]
    fn are_checked_by_the_compiler() {
        const TOGETHER: Violations = model(&MODEL);
        const FIRST: Violations = field(&MODEL, 0, ALL);
        const LAST: Violations = field(&MODEL, TYPES - 1, ALL);
        const ALL_FIELDS: () = {
            let mut i = 0;
            while i < TYPES {
                field(&MODEL, i, ALL).assert_none("Monitoring");
                i += 1;
            }
        };
        const { ALL_FIELDS };
        const { TOGETHER.assert_none("Monitoring") };
        const { FIRST.assert_none("Monitoring.first") };
        const { LAST.assert_none("Monitoring.last") };
    }
}
