//! Where all that is wrong with an item is gathered, so that one compile shows it all.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far in one item.
///
/// This is `syn::Error` rather than `darling::Error`, since only the former keeps both ends of what it
/// points at: on stable Rust, `-1` or `customer.id` would else be underlined in their first token.
#[derive(Default)]
pub(crate) struct Mistakes {
    found: Vec<syn::Error>,
}

impl Mistakes {
    /// Notes that something is wrong with `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.found.push(syn::Error::new_spanned(tokens, text));
    }

    /// Notes an error that already says where it is.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// The value; or nothing, with its error noted.
    pub(crate) fn handle<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One `compile_error!` for each mistake.
    pub(crate) fn to_compile_errors(&self) -> TokenStream {
        self.found
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! What the tests of both macros share.

    use proc_macro2::{TokenStream, TokenTree};
    use proptest::prelude::*;
    use quote::quote;

    use crate::{message, model};

    /// The code, which must be code.
    pub(crate) fn expands(code: TokenStream) -> String {
        let shown = code.to_string();
        assert!(syn::parse2::<syn::File>(code).is_ok(), "not code: {shown}");
        shown
    }

    /// The texts of the `compile_error!`s in the code.
    pub(crate) fn errors(code: TokenStream) -> Vec<String> {
        let file =
            syn::parse2::<syn::File>(code).unwrap_or_else(|error| panic!("not code: {error}"));
        let macros = file.items.into_iter().filter_map(|item| match item {
            syn::Item::Macro(item)
                if item
                    .mac
                    .path
                    .segments
                    .iter()
                    .any(|part| part.ident == "compile_error") =>
            {
                Some(item.mac.tokens)
            }
            _ => None,
        });
        macros
            .filter_map(|tokens| Some(syn::parse2::<syn::LitStr>(tokens).ok()?.value()))
            .collect()
    }

    /// Tokens as they may stand in an attribute: some with a meaning, some without.
    pub(crate) fn tokens() -> impl Strategy<Value = TokenStream> {
        const WORDS: &[&str] = &[
            "topic",
            "key",
            "dedicated",
            "publish_only",
            "crate",
            "group_id",
            "max_buffered",
            "order",
            "env",
            "file",
            "session_timeout_ms",
            "fetch_message_max_bytes",
            "max_partition_fetch_bytes",
            "sasl_password",
            "retry",
            "attempts",
            "backoff",
            "jitter",
            "topics",
            "dead_letter",
            "limit",
            "on_failure",
            "max_handling_ms",
            "name",
            "partitions",
            "retention_ms",
            "true",
            "self",
            "r#type",
            "nope",
            "\"a\"",
            "\"45s\"",
            "\"100ms..10s\"",
            "\"9223372036854775808ms\"",
            "\"20%\"",
            "\"skip\"",
            "\"\"",
            "'c'",
            "b\"x\"",
            "c\"x\"",
            "b'x'",
            "r#\"x\"#",
            "7",
            "0.1",
            "1e400",
            "0xff",
            "100u32",
            "340282366920938463463374607431768211456",
            "=",
            ",",
            ",",
            ".",
            "::",
            ":",
            "-",
            "#",
            "!",
            "&",
            "'a",
            "..",
        ];
        let leaf = proptest::sample::select(WORDS)
            .prop_map(|word| word.parse::<TokenStream>().unwrap_or_default());
        leaf.prop_recursive(3, 24, 8, |inner| {
            (prop::collection::vec(inner, 0..8), 0..6_u8).prop_map(|(parts, kind)| {
                let parts: TokenStream = parts.into_iter().collect();
                match kind {
                    0 => quote!((#parts)),
                    1 => quote!([#parts]),
                    5 => quote!({#parts}),
                    2 => TokenTree::from(proc_macro2::Group::new(
                        proc_macro2::Delimiter::None,
                        parts,
                    ))
                    .into(),
                    _ => parts,
                }
            })
        })
    }

    /// So many generated cases, or as many as `KAFKA_MODEL_CASES` says.
    pub(crate) fn cases(usual: u32) -> ProptestConfig {
        let cases = std::env::var("KAFKA_MODEL_CASES").ok();
        ProptestConfig {
            cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(usual),
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(cases(500))]

        /// Whatever stands in an attribute, there is code, and no panic.
        #[test]
        fn any_tokens_expand(first in tokens(), second in tokens(), list in any::<bool>()) {
            let attribute = if list { quote!(#[kafka(#first)]) } else { quote!(#[kafka #first]) };
            let topic = quote!(#[kafka(topic = "a", dedicated(#second))]);
            expands(message::derive(quote!(#[kafka(#second)] #topic enum Order { A { #[kafka(#first)] id: u8 } })));
            expands(model::derive(quote!(#[kafka(#second)] struct Shop { #[kafka(#first)] a: Topic<A>, b: Topic<B> })));
            // Not every attribute is one that reaches a macro.
            for item in [quote!(#attribute struct Order(u8);), quote!(#attribute struct Shop { a: Topic<A> })] {
                if syn::parse2::<syn::DeriveInput>(item.clone()).is_ok() {
                    expands(message::derive(item.clone()));
                    expands(model::derive(item));
                }
            }
        }

        /// Whatever follows the derive, there is code, and no panic.
        #[test]
        fn any_item_expands(item in tokens()) {
            expands(message::derive(item.clone()));
            expands(model::derive(item));
        }
    }
}
