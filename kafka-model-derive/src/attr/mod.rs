//! What is written in `#[kafka(...)]`: entries with spans. What they mean is not known here.

mod entry;
mod value;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, MacroDelimiter, Meta};

use entry::entries;
pub(crate) use entry::{Body, Entry};
pub(crate) use value::{Literal, example, literal};

use crate::mistakes::Mistakes;

/// All entries of all `#[kafka(...)]` among `attributes`, in their order.
pub(crate) fn read(attributes: &[Attribute], mistakes: &mut Mistakes) -> Vec<Entry> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_kafka(attribute)) {
        match &attribute.meta {
            Meta::List(list) => {
                if !matches!(list.delimiter, MacroDelimiter::Paren(_)) {
                    mistakes.at(attribute, "`#[kafka(...)]` is written with parentheses");
                }
                if list.tokens.is_empty() {
                    mistakes.at(
                        attribute,
                        "`#[kafka()]` says nothing: remove it, or give a setting",
                    );
                }
                all.extend(entries(list.tokens.clone(), mistakes));
            }
            Meta::Path(_) | Meta::NameValue(_) => {
                mistakes.at(
                    attribute,
                    "write `#[kafka(...)]`, with the settings in parentheses",
                );
            }
        }
    }
    all
}

/// The entries in the parentheses that `list` is.
pub(crate) fn list(list: &TokenStream, mistakes: &mut Mistakes) -> Vec<Entry> {
    let groups = list.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    groups
        .flat_map(|tokens| entries(tokens, mistakes))
        .collect()
}

/// The first `#[kafka…]` among `attributes`, to point at.
pub(crate) fn first(attributes: &[Attribute]) -> Option<TokenStream> {
    attributes
        .iter()
        .find(|attribute| is_kafka(attribute))
        .map(ToTokens::to_token_stream)
}

fn is_kafka(attribute: &Attribute) -> bool {
    attribute.path().is_ident("kafka")
}
