//! `#[derive(KafkaModel)]`.

mod expand;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::mistakes::Mistakes;

/// The impl of `KafkaModel`, `register_all()` and the checks; or the errors, and the first two marked
/// as refused.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut mistakes = Mistakes::default();
    let parsed = parse::model(&input, &mut mistakes);
    if mistakes.is_empty()
        && let Some(model) = &parsed.model
    {
        return expand::model(model);
    }
    let mut tokens = mistakes.to_compile_errors();
    tokens.extend(expand::refused(&input, parsed.root.as_ref()));
    tokens
}
