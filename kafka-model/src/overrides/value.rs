//! The values of overrides, from where they are stored until they are those of settings.

use config::{Value as Stored, ValueKind};
use kafka_model_core::setting::Written;
use kafka_model_core::{Kind, Source, SourceKind, Spec, Value};

use super::environment::variable;
use super::intern::intern;
use crate::private::FEATURES;

/// How the store keeps that a text is to be read from elsewhere. No file and no variable can say this.
pub(super) fn named_source(kind: SourceKind, name: &str) -> ValueKind {
    let parts = [
        ValueKind::Nil,
        ValueKind::from(kind.name()),
        ValueKind::from(name),
    ];
    ValueKind::Array(
        parts
            .into_iter()
            .map(|part| Stored::new(None, part))
            .collect(),
    )
}

fn as_source(items: &[Stored]) -> Option<Source<'_>> {
    let [nil, kind, name] = items else {
        return None;
    };
    match (&nil.kind, &kind.kind, &name.kind) {
        (ValueKind::Nil, ValueKind::String(kind), ValueKind::String(name)) => {
            let kind = SourceKind::named(kind)?;
            Some(Source { kind, name })
        }
        _ => None,
    }
}

/// Reads `stored` as a value of `spec`, as an attribute would.
///
/// # Errors
/// If the setting does not take it: as [`Spec::read`].
pub(super) fn read(spec: &'static Spec, stored: &Stored) -> Result<Value<'static>, String> {
    let name = spec.name;
    let is_variable = stored.origin().and_then(variable).is_some();
    let text;
    let written = match &stored.kind {
        ValueKind::Boolean(flag) => Written::Bool(*flag),
        ValueKind::I64(number) => Written::Int((*number).into()),
        ValueKind::U64(number) => Written::Int((*number).into()),
        ValueKind::I128(number) => Written::Int(*number),
        ValueKind::U128(number) => Written::Int(i128::try_from(*number).unwrap_or(i128::MAX)),
        ValueKind::Float(number) => Written::Float(*number),
        ValueKind::String(text) if is_variable => Written::of_text(spec.kind, text),
        ValueKind::String(text) => Written::Str(text),
        ValueKind::Array(items) => match as_source(items) {
            Some(source) => Written::From(source),
            None if spec.kind == Kind::Delays => {
                text = texts(spec, items)?;
                Written::Str(&text)
            }
            None => return Err(format!("`{name}` takes one value, not a list")),
        },
        ValueKind::Nil => return Err(format!("`{name}`: the value is not UTF-8")),
        ValueKind::Table(_) => return Err(format!("`{name}` takes a value, not a table")),
    };
    if spec.is_secret() && !matches!(written, Written::From(_)) {
        return Err(format!(
            "`{name}` is a secret, and a secret never stands among settings: name where it is, in TOML \
             {name} = {{ env = \"NAME\" }}, {{ file = \"/path\" }} or {{ secret = \"name\" }}, in code \
             `SettingValue::env(\"NAME\")`"
        ));
    }
    spec.read(written, FEATURES).map(keep)
}

/// The texts of a list, as one text with commas.
fn texts(spec: &Spec, items: &[Stored]) -> Result<String, String> {
    let texts = items.iter().map(|item| match &item.kind {
        ValueKind::String(text) => Ok(text.as_str()),
        _ => Err(format!(
            "`{}` takes a list of texts, such as [\"10s\", \"1m\"]",
            spec.name
        )),
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join(","))
}

/// `value` for the life of the process.
fn keep(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Bool(flag) => Value::Bool(flag),
        Value::Int(number) => Value::Int(number),
        Value::Float(number) => Value::Float(number),
        Value::Str(text) => Value::Str(intern(text)),
        Value::From(Source { kind, name }) => Value::From(Source {
            kind,
            name: intern(name),
        }),
    }
}
