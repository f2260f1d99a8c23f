//! The impl of `KafkaMessage`.

use kafka_model_core::text;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, DeriveInput, GenericParam, WhereClause};

use super::key::Key;
use super::parse::Message;
use crate::declare;
use crate::tokens::ends;

/// The impl of a message that keeps all rules.
pub(crate) fn message(message: &Message<'_>) -> TokenStream {
    let input = message.input;
    let root = declare::root(message.root.as_ref());
    let private = quote!(#root::private);
    let name = input.ident.to_string();
    let topic = &message.topic;
    let topic_hash = text::hash(topic);
    let keyed = message.key.is_some();
    let given = declare::given(&private, message.settings.placed());
    let dedicated = declare::dedicated(
        &private,
        message
            .dedicated
            .as_ref()
            .map(|dedicated| dedicated.settings.placed()),
    );
    let key = message.key.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |key| key_of(key, input, &private),
    );
    let declaration = quote! {
        #private::MessageDeclaration {
            type_name: #name,
            topic: #topic,
            topic_hash: #topic_hash,
            keyed: #keyed,
            given: #given,
            dedicated: #dedicated,
            refused: false,
        }
    };
    let bounds = bounds(input, message.key.as_ref(), &private);
    implement(input, &root, &bounds, &declaration, &key)
}

/// An impl for a message with a mistake: it takes part in no check and is never run.
pub(crate) fn refused(input: &DeriveInput) -> TokenStream {
    // A union or a borrowing type can never be a message; an impl would only be another error.
    if matches!(input.data, Data::Union(_)) || input.generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let root = declare::root(None);
    let private = quote!(#root::private);
    let name = input.ident.to_string();
    let declaration = quote! {
        #private::MessageDeclaration {
            type_name: #name,
            topic: "",
            topic_hash: 0,
            keyed: false,
            given: &[],
            dedicated: ::core::option::Option::None,
            refused: true,
        }
    };
    implement(
        input,
        &root,
        &bounds(input, None, &private),
        &declaration,
        &quote!(::core::option::Option::None),
    )
}

fn implement(
    input: &DeriveInput,
    root: &TokenStream,
    bounds: &TokenStream,
    declaration: &TokenStream,
    key: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, _) = input.generics.split_for_impl();
    // rustc's own words about serde's traits are at the impl; ours come with this.
    let is_serde = quote_spanned!(ident.span()=> #root::private::is_serde::<#ident #arguments>());
    quote! {
        const _: () = {
            #[allow(dead_code, deprecated, clippy::multiple_bound_locations)]
            fn is_serde #generics () #bounds {
                #is_serde
            }
        };

        #[automatically_derived]
        #[allow(deprecated, unused_parens)]
        impl #generics #root::KafkaMessage for #ident #arguments #bounds {
            const DECLARATION: #root::private::MessageDeclaration<'static> = #declaration;

            fn key(&self) -> ::core::option::Option<::std::borrow::Cow<'_, [u8]>> {
                #key
            }
        }
    }
}

/// The `where` of the impl: the user's own, and what a type parameter must be for the message to be
/// owned, written and read.
fn bounds(input: &DeriveInput, key: Option<&Key>, private: &TokenStream) -> TokenStream {
    let mut bounds = Vec::new();
    let mut parameters = Vec::new();
    for parameter in &input.generics.params {
        if let GenericParam::Type(parameter) = parameter {
            let ident = &parameter.ident;
            parameters.push(ident);
            bounds.push(quote! {
                #ident: #private::serde::Serialize + #private::serde::de::DeserializeOwned
                    + ::core::marker::Send + ::core::marker::Sync + 'static
            });
        }
    }
    for ty in key.map(|key| key.types(input)).unwrap_or_default() {
        if parameters
            .iter()
            .any(|parameter| mentions(&ty.to_token_stream(), parameter))
        {
            bounds.push(quote!(#ty: #private::RecordKey));
        }
    }
    let own: Vec<_> = input
        .generics
        .where_clause
        .iter()
        .flat_map(|WhereClause { predicates, .. }| predicates)
        .map(ToTokens::to_token_stream)
        .collect();
    if own.is_empty() && bounds.is_empty() {
        TokenStream::new()
    } else {
        quote!(where #(#own,)* #(#bounds,)*)
    }
}

fn mentions(tokens: &TokenStream, ident: &Ident) -> bool {
    crate::tokens::any_ident(tokens.clone(), &|found| found == ident)
}

/// The body of `key()`. Its tokens have the key's spans, so that a type that cannot be a key, or a
/// field that is not there, is reported where it is named.
fn key_of(key: &Key, input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let (start, end) = ends(&key.at);
    let path = &key.path;
    let call = |field: TokenStream| {
        // What the compiler underlines goes from the first token to the last one; those in between may
        // come from elsewhere, so they are in parentheses.
        let mut place = Group::new(Delimiter::Parenthesis, quote!(#field #(.#path)*));
        place.set_span(end);
        let mut arguments = Group::new(Delimiter::Parenthesis, quote_spanned!(start=> &#place));
        arguments.set_span(end);
        let function = quote_spanned!(start=> #private::RecordKey::key_bytes);
        quote!(#function #arguments)
    };
    match &input.data {
        Data::Enum(data) => {
            let field = &key.field;
            let binding = Ident::new("__key", Span::mixed_site());
            let arms = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                let call = call(quote!((*#binding)));
                quote!(Self::#name { #field: #binding, .. } => #call,)
            });
            quote!(match self { #(#arms)* })
        }
        Data::Struct(_) | Data::Union(_) => {
            let field = &key.field;
            // `self` is the one of `key(&self)`, also where the field's name comes from a macro's call.
            let this = Ident::new("self", Span::call_site().located_at(start));
            call(quote!(#this.#field))
        }
    }
}
