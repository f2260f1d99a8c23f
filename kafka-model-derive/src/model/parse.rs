//! From the attributes and the fields of a model to what they declare.

use kafka_model_core::rules;
use quote::ToTokens;
use syn::{
    Data, DeriveInput, Field, Fields, GenericArgument, GenericParam, Ident, Path, PathArguments,
    Type,
};

use crate::attr::{self, Body};
use crate::groups::ungroup;
use crate::mistakes::Mistakes;
use crate::settings::{Dedicated, Settings, note_with};
use crate::tokens::text_of;
use crate::words::{self, Place, Word};
use crate::{FEATURES, check};

/// A model whose attributes keep every rule that can be checked without its messages.
pub(crate) struct Model<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) root: Option<Path>,
    pub(crate) settings: Settings,
    pub(crate) topics: Vec<TopicField<'a>>,
}

/// One `Topic<T>` of a model.
pub(crate) struct TopicField<'a> {
    pub(crate) name: &'a Ident,
    /// The whole type, `Topic<T>`.
    pub(crate) ty: &'a Type,
    /// The message type, `T`.
    pub(crate) message: &'a Type,
    pub(crate) publish_only: bool,
    pub(crate) settings: Settings,
    pub(crate) dedicated: Option<Dedicated>,
}

/// What was read of a model.
pub(crate) struct Parsed<'a> {
    pub(crate) root: Option<Path>,
    /// Nothing if the item is not the shape of a model.
    pub(crate) model: Option<Model<'a>>,
}

/// Reads the model `input`. What is wrong with it is in `mistakes`.
pub(crate) fn model<'a>(input: &'a DeriveInput, mistakes: &mut Mistakes) -> Parsed<'a> {
    let (root, settings) = attribute(input, mistakes);
    let fields = shape(input, mistakes);
    let mut topics: Vec<TopicField<'a>> = Vec::new();
    let whole = fields.is_some();
    for field in fields.into_iter().flatten() {
        let Some(topic) = topic_field(field, mistakes) else {
            continue;
        };
        let written = text_of(topic.message);
        if let Some(first) = topics
            .iter()
            .find(|first| text_of(first.message) == written)
        {
            mistakes.at(
                topic.ty,
                format!(
                    "`{written}` is already the message of the field `{}`: a message type has one topic, and \
                     a topic one field; remove one of the two",
                    first.name
                ),
            );
        }
        topics.push(topic);
    }
    let model = whole.then_some(Model {
        input,
        root: root.clone(),
        settings,
        topics,
    });
    Parsed { root, model }
}

/// The `#[kafka(...)]` of the model itself.
fn attribute(input: &DeriveInput, mistakes: &mut Mistakes) -> (Option<Path>, Settings) {
    let mut settings = Settings::default();
    let mut root = None;
    let mut seen = false;
    let before = mistakes.len();
    let entries = attr::read(&input.attrs, mistakes);
    let entries = ungroup(entries, mistakes);
    if mistakes.len() > before {
        settings.incomplete();
    }
    for entry in &entries {
        match words::word_at(entry, Place::Model, mistakes) {
            Ok(Some(Word::Crate)) => {
                if std::mem::replace(&mut seen, true) {
                    mistakes.at(&entry.at, words::twice(Word::Crate));
                }
                root = root.or(mistakes.handle(words::root(entry)));
            }
            Ok(_) => settings.read(entry, Place::Model, false, mistakes),
            Err(()) => {}
        }
    }
    let violations = rules::model_attribute(&settings.given(), FEATURES);
    let otherwise = attr::first(&input.attrs).unwrap_or_else(|| input.ident.to_token_stream());
    check::note(&violations, &[&settings], &otherwise, mistakes);
    (root, settings)
}

/// The fields of the model, if it has named ones.
fn shape<'a>(
    input: &'a DeriveInput,
    mistakes: &mut Mistakes,
) -> Option<impl Iterator<Item = &'a Field> + use<'a>> {
    for parameter in &input.generics.params {
        let name = match parameter {
            GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
            GenericParam::Type(parameter) => parameter.ident.to_token_stream(),
            GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
        };
        mistakes.at(
            name, "a model has no parameters: its topics, and so its types, are known when it is compiled");
    }
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter()),
            Fields::Unnamed(_) => "a tuple struct: a topic is known by its field's name",
            Fields::Unit => "a struct without fields",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    mistakes.at(
        &input.ident,
        format!("a model is a struct with a named `Topic<…>` field for each message type; `{}` is {what}", input.ident),
    );
    None
}

/// The topic that `field` is.
fn topic_field<'a>(field: &'a Field, mistakes: &mut Mistakes) -> Option<TopicField<'a>> {
    let before = mistakes.len();
    let entries = attr::read(&field.attrs, mistakes);
    let entries = ungroup(entries, mistakes);
    let mut settings = Settings::default();
    if mistakes.len() > before {
        settings.incomplete();
    }
    let mut own: Option<Dedicated> = None;
    let mut publish_only = false;
    for entry in &entries {
        match words::word_at(entry, Place::Field, mistakes) {
            Ok(Some(Word::PublishOnly)) => {
                if !matches!(entry.body, Body::Nothing) {
                    mistakes.at(
                        entry.whole(),
                        "`publish_only` stands alone: write `#[kafka(publish_only)]`",
                    );
                }
                if std::mem::replace(&mut publish_only, true) {
                    mistakes.at(&entry.at, words::twice(Word::PublishOnly));
                }
            }
            Ok(Some(Word::Dedicated)) => {
                if own.is_some() {
                    mistakes.at(&entry.at, words::twice(Word::Dedicated));
                }
                let read = Dedicated::read(entry, Place::FieldDedicated, mistakes);
                own.get_or_insert(read);
            }
            // Whether the message is dedicated by itself is not known before its declaration is.
            Ok(_) => settings.read(entry, Place::Field, true, mistakes),
            Err(()) => {}
        }
    }
    let given = own.as_ref().map(Dedicated::given);
    let violations = rules::field_attribute(&settings.given(), given.as_deref(), FEATURES);
    let otherwise = attr::first(&field.attrs).unwrap_or_else(|| field.ty.to_token_stream());
    note_with(&violations, &settings, own.as_ref(), &otherwise, mistakes);
    let name = field.ident.as_ref()?;
    let Some(message) = message_type(&field.ty) else {
        mistakes.at(
            &field.ty,
            format!(
                "a field of a model is a `Topic<…>`, one for each message type; `{name}` is `{}`",
                text_of(&field.ty)
            ),
        );
        return None;
    };
    Some(TopicField {
        name,
        ty: &field.ty,
        message,
        publish_only,
        settings,
        dedicated: own,
    })
}

/// The `T` of `Topic<T>`.
fn message_type(ty: &Type) -> Option<&Type> {
    let path = match ty {
        // What a `macro_rules` fragment stands for, and a type in parentheses.
        Type::Group(group) => return message_type(&group.elem),
        Type::Paren(paren) => return message_type(&paren.elem),
        Type::Path(path) if path.qself.is_none() => &path.path,
        _ => return None,
    };
    let last = path.segments.last().filter(|last| last.ident == "Topic")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(message)) if arguments.args.len() == 1 => Some(message),
        _ => None,
    }
}
