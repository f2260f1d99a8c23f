//! The pieces of code that both expansions have in common.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Path;

use crate::settings::{OwnedValue, Placed};

/// The `&[Given { … }, …]` of these settings.
pub(crate) fn given(private: &TokenStream, settings: &[Placed]) -> TokenStream {
    let each = settings.iter().map(|placed| {
        // The variant's name is what `Debug` shows.
        let setting = Ident::new(&format!("{:?}", placed.setting), Span::call_site());
        let value = match &placed.value {
            OwnedValue::Bool(bool) => quote!(Bool(#bool)),
            OwnedValue::Int(int) => quote!(Int(#int)),
            OwnedValue::Float(float) => quote!(Float(#float)),
            OwnedValue::Str(text) => quote!(Str(#text)),
            OwnedValue::From(kind, name) => {
                let kind = Ident::new(&format!("{kind:?}"), Span::call_site());
                quote!(From(#private::Source { kind: #private::SourceKind::#kind, name: #name }))
            }
        };
        let pinned = placed.pinned;
        // A literal, not a call of `Given::new`: only that is promoted to a `'static` inside `Some`.
        quote!(#private::Given { setting: #private::Setting::#setting, value: #private::Value::#value, pinned: #pinned })
    });
    quote!(&[#(#each),*])
}

/// The `Option` of the settings of a `dedicated(...)`.
pub(crate) fn dedicated(private: &TokenStream, settings: Option<&[Placed]>) -> TokenStream {
    match settings {
        Some(settings) => {
            let given = given(private, settings);
            quote!(::core::option::Option::Some(#given))
        }
        None => quote!(::core::option::Option::None),
    }
}

/// The crate that the expansion names: `::kafka_model`, or what `crate = …` says.
pub(crate) fn root(written: Option<&Path>) -> TokenStream {
    written.map_or_else(|| quote!(::kafka_model), |path| quote!(#path))
}
