//! The words of the grammar that are not settings, and where each belongs.

use syn::Path;

use crate::attr::{Body, Entry};
use crate::mistakes::Mistakes;
use crate::tokens::text_of;

/// Where an entry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `#[kafka(...)]` on a message type.
    Message,
    /// `dedicated(...)` on a message type.
    MessageDedicated,
    /// `#[kafka(...)]` on a model.
    Model,
    /// `#[kafka(...)]` on a field of a model.
    Field,
    /// `dedicated(...)` on a field of a model.
    FieldDedicated,
}

/// A word that is not a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Topic,
    Key,
    Dedicated,
    PublishOnly,
    Crate,
}

const WORDS: [Word; 5] = [
    Word::Topic,
    Word::Key,
    Word::Dedicated,
    Word::PublishOnly,
    Word::Crate,
];

impl Word {
    /// The word named `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        WORDS.into_iter().find(|word| word.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Key => "key",
            Self::Dedicated => "dedicated",
            Self::PublishOnly => "publish_only",
            Self::Crate => "crate",
        }
    }

    /// Whether the word may stand at `place`.
    pub(crate) fn fits(self, place: Place) -> bool {
        match self {
            Self::Topic | Self::Key => place == Place::Message,
            Self::Dedicated => matches!(place, Place::Message | Place::Field),
            Self::PublishOnly => place == Place::Field,
            Self::Crate => matches!(place, Place::Message | Place::Model),
        }
    }

    /// Where the word belongs, for one that stands at `place`, where it does not fit.
    fn belongs(self, place: Place) -> &'static str {
        let in_dedicated = matches!(place, Place::MessageDedicated | Place::FieldDedicated);
        match self {
            Self::Topic if place == Place::MessageDedicated => {
                "`topic` belongs beside `dedicated(...)`, not in it: `#[kafka(topic = \"…\", dedicated(...))]`"
            }
            Self::Topic => {
                "`topic` belongs on the message type, in its own `#[kafka(topic = \"…\")]`"
            }
            Self::Key if place == Place::MessageDedicated => {
                "`key` belongs beside `dedicated(...)`, not in it: `#[kafka(topic = \"…\", key = …, dedicated(...))]`"
            }
            Self::Key => {
                "`key` belongs on the message type, in its own `#[kafka(topic = \"…\", key = …)]`"
            }
            Self::Dedicated if in_dedicated => {
                "`dedicated(...)` cannot stand in itself: a type has one consumer"
            }
            Self::Dedicated => {
                "`dedicated(...)` belongs on a message type or on a field of the model: the settings of the \
                 model itself are those of the shared consumer"
            }
            Self::PublishOnly => {
                "`publish_only` belongs on a field of the model, as in `#[kafka(publish_only)]`: what is \
                 only published here may be consumed by another service"
            }
            Self::Crate => {
                "`crate = …` belongs on the type itself, in `#[kafka(crate = …)]` of the message or of the model"
            }
        }
    }
}

/// The word that `entry` is at `place`. `Err` if it is a word, but of another place: that is noted.
pub(crate) fn word_at(
    entry: &Entry,
    place: Place,
    mistakes: &mut Mistakes,
) -> Result<Option<Word>, ()> {
    match Word::named(&entry.name) {
        Some(word) if !word.fits(place) => {
            // `topic(name = …)`: the rest of it may well stand here.
            if word == Word::Topic && text_of(&entry.at) == "name" {
                mistakes.at(
                    &entry.at,
                    "the name of a topic belongs on the message type, in its own `#[kafka(topic = \"…\")]`",
                );
            } else {
                mistakes.at(&entry.at, word.belongs(place));
            }
            Err(())
        }
        found => Ok(found),
    }
}

/// Says that `word` is given twice.
pub(crate) fn twice(word: Word) -> String {
    match word {
        Word::Dedicated => {
            "`dedicated(...)` is given twice: put all of its settings into one".to_owned()
        }
        _ => format!("`{}` is given twice: remove one of the two", word.name()),
    }
}

/// The path of `crate = path`.
pub(crate) fn root(entry: &Entry) -> syn::Result<Path> {
    const HOW: &str = "write `crate = path::to::kafka_model`";
    match &entry.body {
        Body::Value(value) => syn::parse2::<Path>(value.clone()).map_err(|_| {
            syn::Error::new_spanned(
                value,
                format!("`{}` is not the path of a crate: {HOW}", text_of(value)),
            )
        }),
        Body::Nothing | Body::List(_) => Err(syn::Error::new_spanned(entry.whole(), HOW)),
    }
}
