//! The rules of failures, each with its nearest legal neighbour.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{ALL, W, read, texts};
use kafka_model_core::failure::{OnFailure, on_failure};
use kafka_model_core::rules::{self, processing};
use kafka_model_core::{
    Effective, FieldDeclaration, Given, Level, MessageDeclaration, ModelDeclaration, Overrides,
    text,
};

fn given(settings: &[(&str, &'static str)]) -> &'static [Given<'static>] {
    let settings = settings.iter().map(|(name, value)| {
        let value = match (value.parse::<i64>(), *value) {
            (Ok(number), _) => W::from(number),
            (_, "true") => W::from(true),
            (_, value) => W::from(value),
        };
        read(name, value)
    });
    settings.collect::<Vec<_>>().leak()
}

fn said_of(settings: &[(&str, &'static str)]) -> Vec<String> {
    let settings = Effective::empty().with(Level::Message, given(settings));
    texts(&processing(&settings, true))
}

#[test]
fn failure_settings_that_contradict_each_other_are_refused() {
    for (settings, said) in [
        (
            &[("on_failure", "skip"), ("dead_letter", "t.dead")][..],
            "on_failure = \"skip\" contradicts dead_letter = \"t.dead\": leave one of them out",
        ),
        (
            &[("on_failure", "dead_letter")],
            "on_failure = \"dead_letter\" needs the topic that failed records go to: write dead_letter = \"...\"",
        ),
        (
            &[("dead_letter(limit)", "20%")],
            "dead_letter(limit = \"20%\") has no effect",
        ),
        (
            &[("retry(backoff)", "1s")],
            "retry(backoff) has no effect, since a record is tried only once",
        ),
        (
            &[("retry(jitter)", "true")],
            "retry(jitter) has no effect, since a record is tried only once",
        ),
        (
            &[("retry(attempts)", "5"), ("delivery", "at_most_once")],
            "retry(attempts = 5) handles a record again, which delivery = \"at_most_once\" forbids",
        ),
        (
            &[
                ("retry(topics)", "10s"),
                ("order", "none"),
                ("delivery", "at_most_once"),
            ],
            "retry(topics = ...) handles a record again, which delivery = \"at_most_once\" forbids",
        ),
        (
            &[("retry(topics)", "10s"), ("order", "key")],
            "retry(topics = ...) lets later records overtake, which order = \"key\" forbids: set order = \"none\"",
        ),
        (
            &[("retry(topics)", "10s")],
            "which order = \"partition\" (the default) forbids",
        ),
    ] {
        let texts = said_of(settings);
        assert_eq!(texts.len(), 1, "{settings:?}: {texts:?}");
        assert!(
            texts[0].starts_with(said) || texts[0].contains(said),
            "{texts:?}"
        );
    }
    for legal in [
        &[("dead_letter", "t.dead")][..],
        &[("dead_letter", "t.dead"), ("on_failure", "dead_letter")],
        &[("dead_letter", "t.dead"), ("dead_letter(limit)", "20%")],
        &[("on_failure", "skip"), ("retry(attempts)", "3")],
        &[("retry(attempts)", "1"), ("delivery", "at_most_once")],
        &[
            ("retry(attempts)", "5"),
            ("retry(backoff)", "1s..1m"),
            ("retry(jitter)", "true"),
        ],
        &[("retry(topics)", "10s,1m"), ("order", "none")],
        &[("dead_letter", "t.dead"), ("delivery", "at_most_once")],
    ] {
        assert_eq!(said_of(legal), Vec::<String>::new(), "{legal:?}");
    }
}

#[test]
fn the_stronger_level_says_what_happens_with_a_failure() {
    let levels = |model: &[(&str, &'static str)], message: &[(&str, &'static str)]| {
        let settings = Effective::empty()
            .with(Level::Model, given(model))
            .with(Level::Message, given(message));
        assert_eq!(texts(&processing(&settings, true)), Vec::<String>::new());
        on_failure(&settings)
    };
    let dead = &[("dead_letter", "all.dead")][..];
    assert_eq!(levels(&[], &[]), OnFailure::Halt);
    assert_eq!(levels(dead, &[]), OnFailure::DeadLetter);
    assert_eq!(levels(dead, &[("on_failure", "halt")]), OnFailure::Halt);
    assert_eq!(
        levels(&[("on_failure", "skip")], dead),
        OnFailure::DeadLetter
    );
    assert_eq!(
        levels(dead, &[("on_failure", "dead_letter")]),
        OnFailure::DeadLetter
    );
}

#[test]
fn a_stronger_level_may_take_back_what_a_weaker_one_gives() {
    let said = |model: &[(&str, &'static str)], field: &[(&str, &'static str)]| {
        let settings = Effective::empty()
            .with(Level::Model, given(model))
            .with(Level::Field, given(field));
        texts(&processing(&settings, true))
    };
    let dead = &[("dead_letter", "all.dead"), ("dead_letter(limit)", "20%")][..];
    assert_eq!(said(dead, &[("on_failure", "halt")]), Vec::<String>::new());
    let retry = &[
        ("retry(attempts)", "5"),
        ("retry(backoff)", "1s"),
        ("retry(jitter)", "true"),
    ][..];
    let once = [("retry(attempts)", "1"), ("delivery", "at_most_once")];
    assert_eq!(said(retry, &once), Vec::<String>::new());
    // But not what it gives itself.
    let skipped = [("on_failure", "skip"), ("dead_letter(limit)", "10%")];
    assert!(said(dead, &skipped)[0].starts_with("dead_letter(limit = \"10%\") has no effect"));
    let waits = [("retry(attempts)", "1"), ("retry(backoff)", "2s")];
    assert!(said(retry, &waits)[0].starts_with("retry(backoff) has no effect"));
}

fn message(topic: &'static str, settings: &[(&str, &'static str)]) -> MessageDeclaration<'static> {
    MessageDeclaration {
        type_name: "Event",
        topic,
        topic_hash: text::hash(topic),
        keyed: true,
        given: given(settings),
        dedicated: None,
        refused: false,
    }
}

fn said_of_model(group: &'static str, messages: &[MessageDeclaration<'static>]) -> Vec<String> {
    let names = ["first", "second", "third"];
    let fields: Vec<_> = messages
        .iter()
        .zip(names)
        .map(|(message, name)| FieldDeclaration {
            name,
            message,
            publish_only: false,
            given: &[],
            dedicated: None,
            overrides: Overrides::NONE,
        })
        .collect();
    let model = ModelDeclaration {
        name: "Model",
        given: given(&[("group_id", group)]),
        fields: &fields,
        refused: false,
        overrides: Overrides::NONE,
    };
    (0..fields.len())
        .flat_map(|index| texts(&rules::field(&model, index, ALL)))
        .collect()
}

#[test]
fn topics_that_would_run_in_a_circle_are_refused() {
    let retries = &[("retry(topics)", "10s,1m"), ("order", "none")][..];
    for (group, messages, said) in [
        (
            "g",
            vec![
                message("orders", &[("dead_letter", "failures")]),
                message("failures", &[]),
            ],
            "dead_letter = \"failures\" is consumed by `second`: what failed here would be taken for new records there",
        ),
        (
            "g",
            vec![
                message("orders", retries),
                message("orders-g-retry-1m", &[]),
            ],
            "the retry topic \"orders-g-retry-1m\", named after topic, group and delay, is also the topic of `second`",
        ),
        (
            "my group",
            vec![message("orders", retries)],
            "the retry topic \"orders-my group-retry-10s\", named after topic, group and delay, is no topic: the topic",
        ),
        (
            "g",
            vec![message(
                "orders",
                &[
                    ("retry(topics)", "10s"),
                    ("order", "none"),
                    ("dead_letter", "orders-g-retry-10s"),
                ],
            )],
            "is also the dead-letter topic",
        ),
        (
            "g",
            vec![
                message("orders", retries),
                message("bills", &[("dead_letter", "orders-g-retry-1m")]),
            ],
            "is also the dead-letter topic of `second`: rename that",
        ),
        (
            "g",
            vec![
                message("orders-g-retry-10s", retries),
                message("orders", retries),
            ],
            "is also the topic of `first`",
        ),
    ] {
        let texts = said_of_model(group, &messages);
        assert!(texts.iter().any(|text| text.contains(said)), "{texts:?}");
    }
    let own = message("orders", &[("dead_letter", "orders")]);
    let texts_of_own = texts(&rules::message(&own, ALL));
    assert!(
        texts_of_own[0].contains("is the topic that the type is consumed from"),
        "{texts_of_own:?}"
    );
    let legal = [
        message(
            "orders",
            &[
                ("dead_letter", "dead"),
                ("retry(topics)", "10s,1m"),
                ("order", "none"),
            ],
        ),
        message(
            "bills",
            &[
                ("dead_letter", "dead"),
                ("retry(topics)", "10s,1m"),
                ("order", "none"),
            ],
        ),
    ];
    assert_eq!(said_of_model("g", &legal), Vec::<String>::new());
}
