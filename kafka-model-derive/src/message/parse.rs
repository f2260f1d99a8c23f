//! From the attributes of a message type to what they declare.

use kafka_model_core::{MessageDeclaration, rules, text};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Fields, Path};

use super::key::{self, Key};
use crate::FEATURES;
use crate::attr::{self, Body, Entry};
use crate::groups::ungroup;
use crate::mistakes::Mistakes;
use crate::settings::{Dedicated, Settings, note_with};
use crate::tokens::text_of;
use crate::words::{Place, Word, root, twice, word_at};

/// A message type whose attributes keep every rule.
pub(crate) struct Message<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) root: Option<Path>,
    pub(crate) topic: String,
    pub(crate) key: Option<Key>,
    pub(crate) settings: Settings,
    pub(crate) dedicated: Option<Dedicated>,
}

/// What the entries say, before it is known whether all is there.
#[derive(Default)]
struct Draft {
    root: Option<Path>,
    topic: Slot<String>,
    key: Slot<Key>,
    settings: Settings,
    dedicated: Option<Dedicated>,
    crate_seen: bool,
}

/// A word of the grammar that may be given once.
struct Slot<T> {
    seen: bool,
    value: Option<T>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            seen: false,
            value: None,
        }
    }
}

/// Reads the attributes of `input`. `None` if something without which there is no message is missing
/// or wrong; but other mistakes do not make it `None`, so look at `mistakes` too.
pub(crate) fn message<'a>(input: &'a DeriveInput, mistakes: &mut Mistakes) -> Option<Message<'a>> {
    shape(input, mistakes);
    let entries = attr::read(&input.attrs, mistakes);
    let entries = ungroup(entries, mistakes);
    // What could not be read as an entry may have been any setting.
    let unread = !mistakes.is_empty();
    let is_dedicated = entries
        .iter()
        .any(|entry| entry.name == Word::Dedicated.name());
    let mut draft = Draft::default();
    for entry in &entries {
        match word_at(entry, Place::Message, mistakes) {
            Ok(None) => draft
                .settings
                .read(entry, Place::Message, is_dedicated, mistakes),
            Ok(Some(word)) => draft.word(word, entry, input, mistakes),
            Err(()) => {}
        }
    }
    if unread {
        draft.settings.incomplete();
    }
    let attribute = attr::first(&input.attrs);
    if !draft.topic.seen && !draft.settings.is_incomplete() {
        let at = attribute
            .clone()
            .unwrap_or_else(|| input.ident.to_token_stream());
        mistakes.at(
            at,
            format!(
                "`{}` has no topic: write `#[kafka({})]`",
                input.ident,
                if draft.settings.is_about_topic() {
                    "topic(name = \"…\", …)"
                } else {
                    "topic = \"…\""
                }
            ),
        );
    }
    draft.check(
        input,
        &attribute.unwrap_or_else(|| input.ident.to_token_stream()),
        mistakes,
    );
    Some(Message {
        input,
        root: draft.root,
        topic: draft.topic.value?,
        key: draft.key.value,
        settings: draft.settings,
        dedicated: draft.dedicated,
    })
}

/// What the type itself must be.
fn shape(input: &DeriveInput, mistakes: &mut Mistakes) {
    for lifetime in input.generics.lifetimes() {
        mistakes.at(
            &lifetime.lifetime,
            format!(
                "a message owns its data, since it is decoded on another thread than the one that read it: \
                 remove `{}`, and write `String` for `&str`, `Vec<T>` for `&[T]`",
                lifetime.lifetime
            ),
        );
    }
    let fields: Vec<&Fields> = match &input.data {
        Data::Struct(data) => vec![&data.fields],
        Data::Enum(data) => {
            data.variants
                .iter()
                .for_each(|variant| inner_attributes(&variant.attrs, "variant", mistakes));
            data.variants
                .iter()
                .map(|variant| &variant.fields)
                .collect()
        }
        Data::Union(data) => {
            mistakes.at(
                data.union_token,
                "a message is a struct or an enum, not a union",
            );
            Vec::new()
        }
    };
    for field in fields.into_iter().flatten() {
        inner_attributes(&field.attrs, "field", mistakes);
    }
}

/// `#[kafka(...)]` where it has nothing to say.
fn inner_attributes(attributes: &[Attribute], what: &str, mistakes: &mut Mistakes) {
    if let Some(attribute) = attr::first(attributes) {
        let key = match what {
            "field" => "; a record's key is named there too: `#[kafka(topic = \"…\", key = …)]`",
            _ => "",
        };
        mistakes.at(
            attribute,
            format!("`#[kafka(...)]` stands on the message type, not on a {what} of it{key}"),
        );
    }
}

impl Draft {
    fn word(&mut self, word: Word, entry: &Entry, input: &DeriveInput, mistakes: &mut Mistakes) {
        let seen = match word {
            Word::Topic => std::mem::replace(&mut self.topic.seen, true),
            Word::Key => std::mem::replace(&mut self.key.seen, true),
            Word::Crate => std::mem::replace(&mut self.crate_seen, true),
            Word::Dedicated => self.dedicated.is_some(),
            // It does not fit a message, so it does not come here.
            Word::PublishOnly => false,
        };
        if seen {
            mistakes.at(&entry.at, twice(word));
        }
        match word {
            Word::Topic => {
                let topic = mistakes.handle(topic(entry));
                let checked = topic.and_then(|(topic, at)| topic_name(topic, &at, mistakes));
                self.topic.value = self.topic.value.take().or(checked);
            }
            Word::Key => {
                let key = mistakes
                    .handle(key::read(entry))
                    .and_then(|key| key.check(input, mistakes));
                self.key.value = self.key.value.take().or(key);
            }
            Word::Crate => self.root = self.root.take().or(mistakes.handle(root(entry))),
            Word::Dedicated => {
                let read = Dedicated::read(entry, Place::MessageDedicated, mistakes);
                // One that stands in the wrong place is not missing.
                self.topic.seen |= read.misplaced.iter().any(|name| name == Word::Topic.name());
                self.key.seen |= read.misplaced.iter().any(|name| name == Word::Key.name());
                self.dedicated.get_or_insert(read);
            }
            Word::PublishOnly => {}
        }
    }

    /// Holds what was read against the rules that concern one message by itself.
    fn check(&self, input: &DeriveInput, attribute: &TokenStream, mistakes: &mut Mistakes) {
        let given = self.settings.given();
        let dedicated = self.dedicated.as_ref().map(Dedicated::given);
        // A topic that is missing or wrong is already noted.
        let topic = self.topic.value.as_deref().unwrap_or("topic");
        let declaration = MessageDeclaration {
            type_name: &input.ident.to_string(),
            topic,
            topic_hash: text::hash(topic),
            // A key that is wrong is a key: that there is none is not what is to be said about it.
            keyed: self.key.seen,
            given: &given,
            dedicated: dedicated.as_deref(),
            refused: false,
        };
        let violations = rules::message(&declaration, FEATURES);
        note_with(
            &violations,
            &self.settings,
            self.dedicated.as_ref(),
            attribute,
            mistakes,
        );
    }
}

/// The text of `topic = "…"` or `topic(name = "…")`, and its tokens.
fn topic(entry: &Entry) -> syn::Result<(String, TokenStream)> {
    const HOW: &str = "write `topic = \"…\"`";
    match &entry.body {
        Body::Value(value) => match syn::parse2::<syn::LitStr>(value.clone()) {
            Ok(text) if text.suffix().is_empty() => Ok((text.value(), value.clone())),
            _ => Err(syn::Error::new_spanned(
                value,
                format!(
                    "the topic is a text in quotes, not `{}`: {HOW}",
                    text_of(value)
                ),
            )),
        },
        Body::Nothing => Err(syn::Error::new_spanned(
            &entry.at,
            format!("`topic` has no value: {HOW}"),
        )),
        Body::List(_) => Err(syn::Error::new_spanned(entry.whole(), HOW)),
    }
}

/// The topic, if Kafka takes its name.
fn topic_name(topic: String, at: &TokenStream, mistakes: &mut Mistakes) -> Option<String> {
    let Some(violation) = rules::topic_name(&topic) else {
        return Some(topic);
    };
    mistakes.at(at, violation.text.as_str());
    None
}
