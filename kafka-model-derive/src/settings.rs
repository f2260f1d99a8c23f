//! The settings of one level: looked up in the table, read into their units, each at most once.

use kafka_model_core::setting::{Written, look_up};
use kafka_model_core::{Given, Level, Setting, Side, Source, SourceKind, Spec, Value, Violations};
use proc_macro2::TokenStream;

use crate::attr::{self, Body, Entry, Literal, example, literal};
use crate::groups::ungroup;
use crate::mistakes::Mistakes;
use crate::words::{Place, word_at};
use crate::{FEATURES, check};

/// A setting with its value, and where that is written.
pub(crate) struct Placed {
    pub(crate) setting: Setting,
    pub(crate) value: OwnedValue,
    /// The tokens of the value.
    pub(crate) value_at: TokenStream,
    /// Whether it is in a `pinned(...)`.
    pub(crate) pinned: bool,
}

/// A [`Value`] that owns its text.
pub(crate) enum OwnedValue {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    From(SourceKind, String),
}

impl OwnedValue {
    fn new(value: Value<'_>) -> Self {
        match value {
            Value::Bool(bool) => Self::Bool(bool),
            Value::Int(int) => Self::Int(int),
            Value::Float(float) => Self::Float(float),
            Value::Str(text) => Self::Str(text.to_owned()),
            Value::From(source) => Self::From(source.kind, source.name.to_owned()),
        }
    }

    fn borrow(&self) -> Value<'_> {
        match self {
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(int) => Value::Int(*int),
            Self::Float(float) => Value::Float(*float),
            Self::Str(text) => Value::Str(text),
            Self::From(kind, name) => Value::From(Source { kind: *kind, name }),
        }
    }
}

/// The settings of one level.
#[derive(Default)]
pub(crate) struct Settings {
    placed: Vec<Placed>,
    /// Everything named, also what was refused, with the name that it was given by.
    seen: Vec<(Setting, String)>,
    /// Whether something here has a name that is no setting, so that nothing can be said about what
    /// is missing.
    unknown: bool,
    /// Whether anything is named here.
    named: bool,
}

impl Settings {
    /// Reads `entry`, which is no word of the grammar. `dedicated`: whether the type may have a
    /// consumer of its own.
    pub(crate) fn read(
        &mut self,
        entry: &Entry,
        place: Place,
        dedicated: bool,
        mistakes: &mut Mistakes,
    ) {
        let spec = match look_up(&entry.name) {
            Ok(spec) => spec,
            Err(text) => {
                self.unknown = true;
                mistakes.at(&entry.at, text);
                return;
            }
        };
        let setting = spec.canonical();
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == setting) {
            mistakes.at(&entry.at, twice(&entry.name, first));
            return;
        }
        self.seen.push((setting, entry.name.clone()));
        if let Some(text) = spec
            .refuse()
            .or_else(|| spec.refuse_at(level(place), dedicated))
        {
            mistakes.at(&entry.at, text);
            return;
        }
        if let Some((value, value_at)) = mistakes.handle(value(spec, entry)) {
            self.placed.push(Placed {
                setting,
                value,
                value_at,
                pinned: entry.pinned,
            });
        }
    }

    /// Notes that something here could not be read at all.
    pub(crate) fn incomplete(&mut self) {
        self.unknown = true;
    }

    pub(crate) fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// The settings as the rules take them.
    pub(crate) fn given(&self) -> Vec<Given<'_>> {
        self.placed
            .iter()
            .map(|placed| Given::new(placed.setting, placed.value.borrow()))
            .collect()
    }

    /// Where `setting` is given here.
    pub(crate) fn find(&self, setting: Setting) -> Option<&Placed> {
        self.placed.iter().find(|placed| placed.setting == setting)
    }

    /// Whether `setting` is named here, but could not be read.
    pub(crate) fn is_broken(&self, setting: Setting) -> bool {
        self.find(setting).is_none() && self.seen.iter().any(|(seen, _)| *seen == setting)
    }

    /// Whether anything here is about the topic itself.
    pub(crate) fn is_about_topic(&self) -> bool {
        let mut seen = self.seen.iter();
        seen.any(|(setting, _)| setting.spec().side == Side::Topic)
    }

    /// Whether what is missing here may only be misspelt.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.unknown
    }
}

/// The settings in a `dedicated(...)`.
pub(crate) struct Dedicated {
    pub(crate) settings: Settings,
    /// The words of the grammar that stand in it and belong elsewhere.
    pub(crate) misplaced: Vec<String>,
    /// Where to point at if something is missing in it.
    at: TokenStream,
}

impl Dedicated {
    /// Reads the `dedicated(...)` that `entry` is.
    pub(crate) fn read(entry: &Entry, place: Place, mistakes: &mut Mistakes) -> Self {
        let mut settings = Settings::default();
        let mut misplaced = Vec::new();
        let mut at = entry.at.clone();
        match &entry.body {
            Body::List(list) => {
                let before = mistakes.len();
                let entries = attr::list(list, mistakes);
                let entries = ungroup(entries, mistakes);
                if mistakes.len() > before {
                    settings.incomplete();
                }
                if entries.is_empty() {
                    at = entry.whole();
                } else {
                    settings.named = true;
                }
                for entry in &entries {
                    match word_at(entry, place, mistakes) {
                        Ok(_) => settings.read(entry, place, true, mistakes),
                        Err(()) => misplaced.push(entry.name.clone()),
                    }
                }
            }
            Body::Nothing | Body::Value(_) => {
                mistakes.at(
                    entry.whole(),
                    "`dedicated` takes settings in parentheses: write `dedicated(group_id = \"…\")`, with a \
                     group that is this type's alone",
                );
                settings.incomplete();
            }
        }
        Self {
            settings,
            misplaced,
            at,
        }
    }

    /// The settings as the rules take them.
    pub(crate) fn given(&self) -> Vec<Given<'_>> {
        let mut given = self.settings.given();
        if given.is_empty() && self.settings.named {
            // It is not empty, only wrong: what is said must not be that it is empty.
            given.push(Given::new(Setting::StartImmediately, Value::Bool(true)));
        }
        given
    }
}

/// Notes what is wrong with a type's or a field's settings together with its `dedicated(...)`.
pub(crate) fn note_with(
    violations: &Violations,
    settings: &Settings,
    dedicated: Option<&Dedicated>,
    otherwise: &TokenStream,
    mistakes: &mut Mistakes,
) {
    match dedicated {
        Some(dedicated) => check::note(
            violations,
            &[&dedicated.settings, settings],
            &dedicated.at,
            mistakes,
        ),
        None => check::note(violations, &[settings], otherwise, mistakes),
    }
}

fn level(place: Place) -> Level {
    match place {
        Place::Message => Level::Message,
        Place::MessageDedicated => Level::Dedicated,
        Place::Model => Level::Model,
        Place::Field => Level::Field,
        Place::FieldDedicated => Level::FieldDedicated,
    }
}

/// Says that `name` names a setting that was already given as `first`.
fn twice(name: &str, first: &str) -> String {
    if name == first {
        format!("`{name}` is given twice: remove one of the two")
    } else {
        format!(
            "`{name}` and `{first}`, which is given above, are two names of one setting: remove one of the two"
        )
    }
}

/// The value of `entry`, and its tokens.
fn value(spec: &'static Spec, entry: &Entry) -> syn::Result<(OwnedValue, TokenStream)> {
    let name = &entry.name;
    match &entry.body {
        // `retry(attempts = 5, jitter)`
        Body::Nothing if spec.setting == Setting::RetryJitter => {
            Ok((OwnedValue::Bool(true), entry.at.clone()))
        }
        Body::Nothing => Err(syn::Error::new_spanned(
            &entry.at,
            format!(
                "`{name}` has no value: write `{}`",
                example(name, spec.kind)
            ),
        )),
        Body::List(_) => Err(syn::Error::new_spanned(
            entry.whole(),
            format!(
                "`{name}` takes a value, not a list: write `{}`",
                example(name, spec.kind)
            ),
        )),
        Body::Value(tokens) => {
            let literal = literal(name, spec.kind, tokens)?;
            let written = match &literal {
                Literal::Bool(bool) => Written::Bool(*bool),
                Literal::Int(int) => Written::Int(*int),
                Literal::Float(float) => Written::Float(*float),
                Literal::Str(text) => Written::Str(text),
                Literal::From(kind, name) => Written::From(Source { kind: *kind, name }),
            };
            let value = spec
                .read(written, FEATURES)
                .map_err(|text| syn::Error::new_spanned(tokens, text))?;
            Ok((OwnedValue::new(value), tokens.clone()))
        }
    }
}
