//! The value of a setting: a literal, or where it is read from, such as `env("NAME")`.

use std::fmt::Write as _;

use kafka_model_core::{Kind, SourceKind, Unit};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Lit, LitFloat, LitInt};

use crate::tokens::{flatten, is_punct, text_of, word};

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    /// `env("NAME")`, `file("/path")` or `secret("name")`: the word, and what is in its parentheses.
    From(SourceKind, String),
}

/// Reads the value `tokens` of the setting `name`. `kind` is what the setting takes: it serves to say
/// what to write instead.
pub(crate) fn literal(name: &str, kind: Kind, tokens: &TokenStream) -> syn::Result<Literal> {
    let parts = flatten(tokens.clone());
    let wrong = |text: String| Err(syn::Error::new_spanned(tokens, text));
    let shown = text_of(tokens);
    match parts.as_slice() {
        [TokenTree::Literal(literal)] => {
            written(name, literal, false).map_err(|text| error(tokens, &text))
        }
        [minus, TokenTree::Literal(literal)] if is_punct(Some(minus), '-') => {
            written(name, literal, true).map_err(|text| error(tokens, &text))
        }
        [TokenTree::Group(group)]
            if kind == Kind::Delays && group.delimiter() == Delimiter::Bracket =>
        {
            texts(name, &group.stream()).map_err(|text| error(tokens, &text))
        }
        [token] => match word(token).as_deref() {
            Some("true") => Ok(Literal::Bool(true)),
            Some("false") => Ok(Literal::Bool(false)),
            Some(word) => match kind {
                Kind::Choice(choices) if choices.iter().any(|choice| choice.name == word) => wrong(
                    format!("the value of `{name}` is written in quotes: `{name} = \"{word}\"`"),
                ),
                // That it is none of the choices says more than that its quotes are missing.
                Kind::Choice(_) => Ok(Literal::Str(word.to_owned())),
                _ => wrong(not_a_literal(name, &shown, kind)),
            },
            None => wrong(not_a_literal(name, &shown, kind)),
        },
        [function, TokenTree::Group(group)] => match word(function)
            .as_deref()
            .and_then(SourceKind::named)
        {
            Some(kind) => source(name, kind, &group.stream()).map_err(|text| error(tokens, &text)),
            None => wrong(not_a_literal(name, &shown, kind)),
        },
        _ => wrong(not_a_literal(name, &shown, kind)),
    }
}

/// How a value of this kind is written, to show in an error.
pub(crate) fn example(name: &str, kind: Kind) -> String {
    if let Some((group, inner)) = name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        let number = match (group, kind) {
            // As often as a record may well be tried.
            ("retry", Kind::Int { .. }) => Some(5),
            (
                "topic",
                Kind::Int {
                    unit: Unit::Plain, ..
                },
            ) => Some(3),
            _ => None,
        };
        if let Some(number) = number {
            return format!("{group}({inner} = {number})");
        }
        return format!("{group}({})", example(inner, kind));
    }
    match kind {
        Kind::Bool => format!("{name} = true"),
        Kind::Int { min, max, .. } => format!("{name} = {}", 100.clamp(min, max)),
        Kind::Float { max, .. } => format!("{name} = {:?}", 0.5_f64.min(max)),
        Kind::Choice(choices) => {
            let first = choices.first().map_or("…", |choice| choice.name);
            format!("{name} = \"{first}\"")
        }
        Kind::Flags(flags) => format!("{name} = \"{}\"", flags.first().unwrap_or(&"…")),
        Kind::Backoff => format!("{name} = \"100ms..10s\""),
        Kind::Delays => format!("{name} = [\"10s\", \"1m\"]"),
        Kind::Limit => format!("{name} = \"20%\""),
        Kind::Text | Kind::Topic | Kind::Patterns | Kind::Callback => format!("{name} = \"…\""),
    }
}

/// A list of texts in brackets, as one text with commas.
fn texts(name: &str, items: &TokenStream) -> Result<Literal, String> {
    let mut texts = Vec::new();
    for item in flatten(items.clone()).split(|token| is_punct(Some(token), ',')) {
        match item {
            // What a trailing comma leaves.
            [] => {}
            [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
                Lit::Str(text) => texts.push(text.value()),
                _ => {
                    return Err(format!(
                        "`{literal}` has no unit: write `{}`",
                        example(name, Kind::Delays)
                    ));
                }
            },
            other => {
                let shown = text_of(other.iter().cloned().collect::<TokenStream>());
                return Err(not_a_literal(name, &shown, Kind::Delays));
            }
        }
    }
    Ok(Literal::Str(texts.join(",")))
}

fn error(tokens: &TokenStream, text: &str) -> syn::Error {
    syn::Error::new_spanned(tokens, text)
}

fn not_a_literal(name: &str, shown: &str, kind: Kind) -> String {
    let mut text = format!("`{shown}` is not a value that an attribute can read: write it out");
    // Infallible: a `String` takes all that is written to it.
    let _ = write!(text, ", as in `{}`", example(name, kind));
    text
}

fn written(name: &str, literal: &proc_macro2::Literal, negative: bool) -> Result<Literal, String> {
    let sign = if negative { "-" } else { "" };
    match Lit::new(literal.clone()) {
        Lit::Str(text) if negative => Err(format!(
            "`-` before a text: write `{name} = \"{}\"`",
            text.value()
        )),
        Lit::Str(text) => no_suffix(name, text.suffix(), &format!("{:?}", text.value()))
            .map(|()| Literal::Str(text.value())),
        Lit::Int(int) => whole(name, &int, sign),
        Lit::Float(float) => fraction(name, &float, sign),
        Lit::Bool(bool) => Ok(Literal::Bool(bool.value)),
        _ => Err(format!(
            "`{literal}` is not a value of `{name}`: a value is a number, a text in quotes, `true`, `false`, or `env(\"NAME\")`"
        )),
    }
}

fn whole(name: &str, int: &LitInt, sign: &str) -> Result<Literal, String> {
    no_suffix(
        name,
        int.suffix(),
        &format!("{sign}{}", int.base10_digits()),
    )?;
    format!("{sign}{}", int.base10_digits())
        .parse()
        .map(Literal::Int)
        .map_err(|_| {
            format!(
                "`{sign}{int}` is out of range for `{name}`: no setting takes such a large number"
            )
        })
}

fn fraction(name: &str, float: &LitFloat, sign: &str) -> Result<Literal, String> {
    no_suffix(
        name,
        float.suffix(),
        &format!("{sign}{}", float.base10_digits()),
    )?;
    format!("{sign}{}", float.base10_digits())
        .parse()
        .map(Literal::Float)
        .map_err(|_| format!("`{sign}{float}` is not a number"))
}

fn no_suffix(name: &str, suffix: &str, plain: &str) -> Result<(), String> {
    if suffix.is_empty() {
        return Ok(());
    }
    Err(format!(
        "`{suffix}` behind the value: write `{name} = {plain}`; a unit goes into quotes, as in \"45s\""
    ))
}

fn source(name: &str, kind: SourceKind, arguments: &TokenStream) -> Result<Literal, String> {
    let usage = || {
        let (what, example) = match kind {
            SourceKind::Env => ("the name of one environment variable", "NAME"),
            SourceKind::File => ("the path of one file", "/run/secrets/name"),
            SourceKind::Secret => ("the name of one secret", "name"),
        };
        let kind = kind.name();
        format!("`{kind}(...)` takes {what}: `{name} = {kind}(\"{example}\")`")
    };
    let arguments = flatten(arguments.clone());
    let arguments = match arguments.as_slice() {
        [rest @ .., comma] if is_punct(Some(comma), ',') => rest,
        all => all,
    };
    let [TokenTree::Literal(literal)] = arguments else {
        return Err(usage());
    };
    let Lit::Str(place) = Lit::new(literal.clone()) else {
        return Err(usage());
    };
    Ok(Literal::From(kind, place.value()))
}
