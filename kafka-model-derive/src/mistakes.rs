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

    /// The texts, for tests.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<String> {
        self.found.iter().map(ToString::to_string).collect()
    }
}
