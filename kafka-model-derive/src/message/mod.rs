//! `#[derive(KafkaMessage)]`.

mod expand;
mod key;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::mistakes::Mistakes;

/// The impl of `KafkaMessage`, or the errors and an impl that is marked as refused.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut mistakes = Mistakes::default();
    let message = parse::message(&input, &mut mistakes);
    if mistakes.is_empty()
        && let Some(message) = &message
    {
        return expand::message(message);
    }
    let mut tokens = mistakes.to_compile_errors();
    tokens.extend(expand::refused(&input));
    tokens
}
