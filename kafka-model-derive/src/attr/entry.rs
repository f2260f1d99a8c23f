//! The entries of an attribute: `name`, `name = value` and `name(...)`, separated by commas.
//!
//! This works on tokens, not with a parser that ends at the first error: what cannot be read is
//! noted, and reading goes on behind the next comma.

use kafka_model_core::setting::GROUPS;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::mistakes::Mistakes;
use crate::tokens::{flatten, is_joint, is_punct, text_of, word};

/// One entry of an attribute.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Its name, with `_` where Kafka's name has `.`.
    pub(crate) name: String,
    /// The tokens of the name, to point at.
    pub(crate) at: TokenStream,
    /// What follows the name.
    pub(crate) body: Body,
    /// Whether it is in a `pinned(...)`.
    pub(crate) pinned: bool,
}

/// What follows the name of an entry.
#[derive(Clone)]
pub(crate) enum Body {
    /// Nothing, or `=` and nothing.
    Nothing,
    /// `= value`.
    Value(TokenStream),
    /// `(...)`, still unread.
    List(TokenStream),
}

impl Entry {
    /// The whole entry, to point at.
    pub(crate) fn whole(&self) -> TokenStream {
        let mut tokens = self.at.clone();
        if let Body::Value(value) | Body::List(value) = &self.body {
            tokens.extend(value.clone());
        }
        tokens
    }
}

/// The entries in `tokens`.
pub(crate) fn entries(tokens: TokenStream, mistakes: &mut Mistakes) -> Vec<Entry> {
    let tokens = flatten(tokens);
    let mut found = Vec::new();
    let mut commas = tokens.iter().filter(|token| is_punct(Some(token), ','));
    for mut chunk in tokens.split(|token| is_punct(Some(token), ',')) {
        let comma = commas.next();
        if chunk.is_empty() {
            // An empty last chunk is what a trailing comma leaves.
            if let Some(comma) = comma {
                mistakes.at(comma, "there is no setting before this comma");
            }
            continue;
        }
        while !chunk.is_empty() {
            let (entry, rest) = entry(chunk, mistakes);
            found.extend(entry);
            if let Some(next) = rest.first() {
                mistakes.at(
                    next,
                    format!("a comma is missing before `{}`", text_of(next)),
                );
            }
            chunk = rest;
        }
    }
    found
}

/// The entry at the begin of `chunk`, which has a token, and what is left if a comma was forgotten.
fn entry<'a>(chunk: &'a [TokenTree], mistakes: &mut Mistakes) -> (Option<Entry>, &'a [TokenTree]) {
    let whole: TokenStream = chunk.iter().cloned().collect();
    let Some((name, length)) = name(chunk, mistakes) else {
        return (None, &[]);
    };
    let at: TokenStream = chunk.iter().take(length).cloned().collect();
    let rest = chunk.get(length..).unwrap_or_default();
    let (body, rest) = match rest.first() {
        None => (Body::Nothing, rest),
        Some(TokenTree::Group(group)) => {
            if group.delimiter() != Delimiter::Parenthesis {
                mistakes.at(group, format!("write `{name}(...)`, with parentheses"));
            }
            (
                Body::List(group.to_token_stream()),
                rest.get(1..).unwrap_or_default(),
            )
        }
        Some(TokenTree::Punct(sign)) if matches!(sign.as_char(), '=' | ':') => {
            let mut skip = 1;
            let double = is_joint(rest.first(), '=') && is_punct(rest.get(1), '=');
            if sign.as_char() == ':' || double {
                skip += usize::from(double);
                let signs: TokenStream = rest.iter().take(skip).cloned().collect();
                mistakes.at(signs, format!("write `{name} = …`, with a single `=`"));
            }
            let (value, rest) = value(rest.get(skip..).unwrap_or_default());
            let body = if value.is_empty() {
                Body::Nothing
            } else {
                Body::Value(value.iter().cloned().collect())
            };
            (body, rest)
        }
        // `publish_only max_buffered = 5`: it is the comma that is missing.
        Some(TokenTree::Ident(_)) if rest.len() > 1 => (Body::Nothing, rest),
        Some(_) => {
            mistakes.at(whole, format!("write `{name} = …`"));
            return (None, &[]);
        }
    };
    let entry = Entry {
        name,
        at,
        body,
        pinned: false,
    };
    (Some(entry), rest)
}

/// The name at the begin of `chunk`, and of how many tokens it is.
fn name(chunk: &[TokenTree], mistakes: &mut Mistakes) -> Option<(String, usize)> {
    let whole: TokenStream = chunk.iter().cloned().collect();
    let first = chunk.first()?;
    let Some(mut name) = word(first) else {
        let text = syn::parse2::<syn::LitStr>(first.to_token_stream());
        match text.map(|text| text.value().replace(['.', '-'], "_")) {
            Ok(plain) => mistakes.at(
                first,
                format!("the name of a setting is written without quotes: `{plain} = …`"),
            ),
            Err(_) => mistakes.at(
                whole,
                "this is not a setting: write `name = value`, as in `max_buffered = 100`",
            ),
        }
        return None;
    };
    let mut length = 1;
    // Kafka's own spelling: `session.timeout.ms`.
    while (is_punct(chunk.get(length), '.') || is_punct(chunk.get(length), '-'))
        && let Some(part) = chunk.get(length + 1).and_then(word)
    {
        name = format!("{name}_{part}");
        length += 2;
    }
    if is_joint(chunk.get(length), ':') {
        mistakes.at(
            whole,
            "the name of a setting is one word, as in `max_buffered = 100`",
        );
        return None;
    }
    if length > 1 {
        let written: TokenStream = chunk.iter().take(length).cloned().collect();
        let shown = text_of(&written);
        // `retry.attempts`: as some would write what is in a group here.
        let group = GROUPS
            .iter()
            .find(|(group, _)| word(first).as_deref() == Some(group));
        if let (Some((group, _)), Some(inner)) = (group, chunk.get(2).and_then(word)) {
            mistakes.at(
                &written,
                format!("`{shown}` is written `{group}({inner} = …)` here"),
            );
            return None;
        }
        mistakes.at(
            &written,
            format!("`{shown}` is written `{name}` here: with `_` for each `.`"),
        );
    }
    Some((name, length))
}

/// The value at the begin of `tokens`, and what is left if a comma was forgotten behind it: two words
/// side by side never are one value.
fn value(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let forgotten = tokens.windows(2).position(|pair| {
        let [before, after] = pair else { return false };
        !matches!(before, TokenTree::Punct(_)) && word(after).is_some_and(|word| word != "as")
    });
    match forgotten {
        Some(at) => tokens.split_at(at + 1),
        None => (tokens, &[]),
    }
}
