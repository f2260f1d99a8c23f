//! What happens with records that fail: what cannot be combined, and topics that would run in a circle.

use super::topic::topic_name;
use super::view::{Number, View, Word, at_least, say_word};
use crate::declaration::{FieldDeclaration, ModelDeclaration};
use crate::effective::{Effective, Level};
use crate::failure::{Delays, OnFailure, on_failure, retry_topic};
use crate::setting::{Setting, Value};
use crate::text::{Text, eq, hash};
use crate::violation::{Violation, Violations};

/// The rules of one attribute or of all levels of one type.
pub(super) const fn check(view: View<'_, '_>) -> Violations {
    Violations::none()
        .and_maybe(contradiction(view.settings))
        .and_maybe(dead_letter_without_topic(view))
        .and_maybe(limit_without_dead_letter(view))
        .and_maybe(retry_without_attempts(view))
        .and_maybe(again_at_most_once(view))
        .and_maybe(retry_topics_with_order(view))
}

const fn violation(at: Setting, with: Option<Setting>, text: Text) -> Option<Violation> {
    Some(Violation {
        at: Some(at),
        with,
        text,
    })
}

/// `on_failure = "skip"` and `dead_letter = "…"` at one level: the one says that a record goes nowhere, the other
/// where.
const fn contradiction(settings: &Effective<'_>) -> Option<Violation> {
    let (Some((Value::Str(word), said)), Some((Value::Str(topic), at))) = (
        settings.find(Setting::OnFailure),
        settings.find(Setting::DeadLetter),
    ) else {
        return None;
    };
    if said as u8 != at as u8 || eq(word, "dead_letter") {
        return None;
    }
    let text = Text::new()
        .str("on_failure = \"")
        .str(word)
        .str("\" contradicts dead_letter = \"")
        .str(topic)
        .str("\": leave one of them out (`dead_letter` alone sends what failed there)");
    violation(Setting::OnFailure, Some(Setting::DeadLetter), text)
}

const fn dead_letter_without_topic(view: View<'_, '_>) -> Option<Violation> {
    match view.word(Setting::OnFailure) {
        Some(word) if eq(word.value, "dead_letter") && view.is_missing(Setting::DeadLetter) => {
            let text = say_word(Text::new(), word, word.level)
                .str(" needs the topic that failed records go to: write dead_letter = \"...\"");
            violation(Setting::OnFailure, Some(Setting::DeadLetter), text)
        }
        _ => None,
    }
}

/// Whether what is given at `level` is meant to hold beside `other`. A stronger level may well take back what a
/// weaker one gives, as a field does that halts in a model with dead letters.
const fn holds(level: Option<Level>, other: Option<Word<'_>>) -> bool {
    match (level, other) {
        (Some(level), Some(other)) => at_least(level, other.level),
        _ => true,
    }
}

const fn limit_without_dead_letter(view: View<'_, '_>) -> Option<Violation> {
    match view.given_word(Setting::DeadLetterLimit) {
        Some(limit)
            if view.whole
                && !matches!(on_failure(view.settings), OnFailure::DeadLetter)
                && holds(limit.level, view.word(Setting::OnFailure)) =>
        {
            let text = Text::new()
                .str("dead_letter(limit = \"")
                .str(limit.value)
                .str("\") has no effect, since failed records go to no dead-letter topic: ");
            let text = if view.is_missing(Setting::DeadLetter) {
                text.str("write dead_letter(topic = \"...\", limit = \"")
                    .str(limit.value)
                    .str("\")")
            } else {
                text.str("leave it out, or leave out on_failure")
            };
            violation(Setting::DeadLetterLimit, Some(Setting::DeadLetter), text)
        }
        _ => None,
    }
}

/// `backoff` or `jitter` where nothing is tried twice.
const fn retry_without_attempts(view: View<'_, '_>) -> Option<Violation> {
    let settings = [Setting::RetryBackoff, Setting::RetryJitter];
    let mut i = 0;
    while i < settings.len() {
        if let Some((_, level)) = view.settings.find_given(settings[i])
            && let Some(attempts) = view.number(Setting::RetryAttempts)
            && attempts.value <= 1
            && at_least(level, attempts.level)
        {
            let text = Text::new()
                .str(settings[i].name())
                .str(" has no effect, since a record is tried only once: write retry(attempts = 5, ...), or leave it out");
            return violation(settings[i], Some(Setting::RetryAttempts), text);
        }
        i += 1;
    }
    None
}

/// What is tried again, under at-most-once.
const fn again_at_most_once(view: View<'_, '_>) -> Option<Violation> {
    let Some(delivery) = view.word(Setting::Delivery) else {
        return None;
    };
    if !eq(delivery.value, "at_most_once") {
        return None;
    }
    let (setting, text, level) = match (
        view.given_number(Setting::RetryAttempts),
        view.given_word(Setting::RetryTopics),
    ) {
        (Some(Number { value, level, .. }), _) if value > 1 => (
            Setting::RetryAttempts,
            Text::new().str("retry(attempts = ").int(value).str(")"),
            level,
        ),
        (_, Some(topics)) => (
            Setting::RetryTopics,
            Text::new().str("retry(topics = ...)"),
            topics.level,
        ),
        _ => return None,
    };
    let text = text.str(" handles a record again, which ");
    let text = say_word(text, delivery, level)
        .str(" forbids: leave it out, or set delivery = \"at_least_once\"");
    violation(setting, Some(Setting::Delivery), text)
}

const fn retry_topics_with_order(view: View<'_, '_>) -> Option<Violation> {
    let (Some(topics), Some(order)) = (
        view.given_word(Setting::RetryTopics),
        view.word(Setting::Order),
    ) else {
        return None;
    };
    if eq(order.value, "none") {
        return None;
    }
    let text = Text::new().str("retry(topics = ...) lets later records overtake, which ");
    let text = say_word(text, order, topics.level).str(
        " forbids: set order = \"none\", or retry in place with retry(attempts = 5, backoff = \"100ms..10s\")",
    );
    violation(Setting::RetryTopics, Some(Setting::Order), text)
}

/// The rules of the topic that a type's records come from, and of the one that they fail to.
pub(super) const fn own_topic(topic: &str, settings: &Effective<'_>) -> Option<Violation> {
    match settings.find(Setting::DeadLetter) {
        Some((Value::Str(dead_letter), _)) if eq(dead_letter, topic) => {
            let text = Text::new()
                .str("dead_letter = \"")
                .str(dead_letter)
                .str("\" is the topic that the type is consumed from, so a record that fails would fail for ever: ")
                .str("name another, for instance \"")
                .str(topic)
                .str(".dead\"");
            violation(Setting::DeadLetter, None, text)
        }
        _ => None,
    }
}

/// The rules of the topics that the field at `index` sends failed records to, beside those that the model
/// consumes.
pub(super) const fn topics(model: &ModelDeclaration<'_>, index: usize) -> Violations {
    let field = &model.fields[index];
    let settings = model.field(field);
    let mut found = Violations::none();
    if matches!(on_failure(&settings), OnFailure::DeadLetter)
        && let Some((Value::Str(topic), level)) = settings.find(Setting::DeadLetter)
        && let Some(other) = consumer_of(model, topic)
    {
        // That it is the type's own topic was said of the attribute that gives it, if it is the message's.
        let own = other == index && matches!(level, Level::Message | Level::Dedicated);
        if !own {
            let text = Text::new()
                .str("dead_letter = \"")
                .str(topic)
                .str("\" is consumed by `")
                .str(model.fields[other].name)
                .str(
                    "`: what failed here would be taken for new records there; name another topic",
                );
            found = found.and(Violation {
                at: Some(Setting::DeadLetter),
                with: None,
                text,
            });
        }
    }
    let (Some((Value::Str(delays), _)), Some((Value::Str(group), _))) =
        (settings.find(Setting::RetryTopics), model.group(field))
    else {
        return found;
    };
    let Some(delays) = Delays::parse(delays) else {
        return found;
    };
    let mut i = 0;
    while let Some(delay) = delays.get(i) {
        let name = retry_topic(field.message.topic, group, delay);
        found = found.and_maybe(retry_topic_name(model, index, &settings, name.as_str()));
        i += 1;
    }
    found
}

/// What is wrong with the name of a retry topic. The runtime asks the same of a group from the environment.
const fn retry_topic_name(
    model: &ModelDeclaration<'_>,
    index: usize,
    settings: &Effective<'_>,
    name: &str,
) -> Option<Violation> {
    let text = Text::new()
        .str("the retry topic \"")
        .str(name)
        .str("\", named after topic, group and delay, ");
    let text = if let Some(wrong) = topic_name(name) {
        text.str("is no topic: ").str(wrong.text.as_str())
    } else if let Some(other) = consumer_of(model, name) {
        text.str("is also the topic of `")
            .str(model.fields[other].name)
            .str("`: rename one of them")
    } else if let Some((Value::Str(dead_letter), _)) = settings.find(Setting::DeadLetter)
        && eq(dead_letter, name)
    {
        text.str("is also the dead-letter topic: rename that")
    } else if let Some(other) = dead_letter_of(model, index, name) {
        text.str("is also the dead-letter topic of `")
            .str(model.fields[other].name)
            .str("`: rename that")
    } else if let Some(other) = same_retry_topic(model, index, name) {
        text.str("is also a retry topic of `")
            .str(model.fields[other].name)
            .str("`: rename a topic or a group")
    } else {
        return None;
    };
    violation(Setting::RetryTopics, None, text)
}

/// The field that consumes `topic`.
const fn consumer_of(model: &ModelDeclaration<'_>, topic: &str) -> Option<usize> {
    let hash = hash(topic);
    let mut i = 0;
    while i < model.fields.len() {
        let field: &FieldDeclaration<'_> = &model.fields[i];
        if field.message.topic_hash == hash
            && !field.publish_only
            && !field.message.refused
            && eq(field.message.topic, topic)
        {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// A field beside the one at `index` whose failed records go to `topic` for good.
const fn dead_letter_of(model: &ModelDeclaration<'_>, index: usize, topic: &str) -> Option<usize> {
    let mut i = 0;
    while i < model.fields.len() {
        let field = &model.fields[i];
        if i != index && !field.publish_only && !field.message.refused {
            let settings = model.field(field);
            if let Some((Value::Str(dead_letter), _)) = settings.find(Setting::DeadLetter)
                && eq(dead_letter, topic)
                && matches!(on_failure(&settings), OnFailure::DeadLetter)
            {
                return Some(i);
            }
        }
        i += 1;
    }
    None
}

/// A field before the one at `index` that has a retry topic of this name.
const fn same_retry_topic(model: &ModelDeclaration<'_>, index: usize, name: &str) -> Option<usize> {
    let mut i = 0;
    while i < index {
        let field = &model.fields[i];
        if !field.publish_only
            && !field.message.refused
            && let Some((Value::Str(delays), _)) = model.field(field).find(Setting::RetryTopics)
            && let Some((Value::Str(group), _)) = model.group(field)
            && let Some(delays) = Delays::parse(delays)
        {
            let mut d = 0;
            while let Some(delay) = delays.get(d) {
                if eq(
                    retry_topic(field.message.topic, group, delay).as_str(),
                    name,
                ) {
                    return Some(i);
                }
                d += 1;
            }
        }
        i += 1;
    }
    None
}
