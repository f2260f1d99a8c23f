//! The impl of `KafkaModel`, `register_all()`, and the checks across levels and fields.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{DeriveInput, Path};

use super::parse::{Model, TopicField};
use crate::declare;
use crate::tokens::{ends, text_of};

/// The code of a model.
pub(crate) fn model(model: &Model<'_>) -> TokenStream {
    let input = model.input;
    let root = declare::root(model.root.as_ref());
    let private = quote!(#root::private);
    let name = input.ident.to_string();
    let given = declare::given(&private, model.settings.placed());
    let fields = model.topics.iter().map(|topic| field(topic, &root));
    let declaration = quote! {
        #private::ModelDeclaration {
            name: #name,
            given: #given,
            fields: &[#(#fields),*],
            refused: false,
            overrides: #private::Overrides::NONE,
        }
    };
    let topics = model.topics.iter().enumerate().map(|(index, topic)| {
        let name = topic.name;
        let field = model_field(topic, &private);
        quote!(#name: #field::of(registration, #index))
    });
    let mut code = implement(input, &root, &declaration, &quote!(Self { #(#topics),* }));
    code.extend(register_all(input, &root));
    code.extend(assertions(model, &root));
    code
}

/// The code of a model with a mistake: it takes part in no check and is never run.
pub(crate) fn refused(input: &DeriveInput, root: Option<&Path>) -> TokenStream {
    let root = declare::root(root);
    let private = quote!(#root::private);
    let name = input.ident.to_string();
    let declaration = quote! {
        #private::ModelDeclaration { name: #name, given: &[], fields: &[], refused: true, overrides: #private::Overrides::NONE }
    };
    // Its fields are unknown here, so that no value of it could be made.
    let mut code = implement(input, &root, &declaration, &quote!(::std::process::abort()));
    code.extend(register_all(input, &root));
    code
}

fn implement(
    input: &DeriveInput,
    root: &TokenStream,
    declaration: &TokenStream,
    model: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, _) = input.generics.split_for_impl();
    let bounds = bounds(input);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #root::KafkaModel for #ident #arguments #bounds {
            const DECLARATION: #root::private::ModelDeclaration<'static> = #declaration;

            fn from_registration(registration: &#root::private::Registration) -> Self {
                #model
            }
        }
    }
}

/// The `where` of the impls. A model has no parameters; one that has them is refused, and for it the
/// bound of `KafkaModel` is repeated, so that nothing else is said about it.
fn bounds(input: &DeriveInput) -> TokenStream {
    if input.generics.params.is_empty() {
        return input.generics.where_clause.to_token_stream();
    }
    let own = input
        .generics
        .where_clause
        .iter()
        .flat_map(|bounds| &bounds.predicates);
    quote!(where Self: 'static, #(#own,)*)
}

fn register_all(input: &DeriveInput, root: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let visibility = &input.vis;
    let (generics, arguments, _) = input.generics.split_for_impl();
    let bounds = bounds(input);
    let about = format!(" Registers the topics of `{ident}` with `kafka`, each with its settings.");
    let describes = format!(
        " What `{ident}` is with the overrides of `kafka`: its services, its topics, and where each of their settings \
         comes from."
    );
    quote! {
        #[automatically_derived]
        impl #generics #ident #arguments #bounds {
            #[doc = #about]
            ///
            /// Nothing is connected yet: attach a handler to each topic, then run `kafka`.
            ///
            /// # Errors
            /// If a setting that the environment changed breaks a rule, or if a variable that a setting
            /// is taken from is missing. All of them are reported at once.
            #[allow(dead_code)]
            #visibility fn register_all(
                kafka: &#root::Kafka,
            ) -> ::core::result::Result<Self, #root::Error> {
                #root::private::register_all::<Self>(kafka)
            }

            #[doc = #describes]
            ///
            /// Nothing is registered or connected.
            ///
            /// # Errors
            /// As `register_all`, where it is what an override says.
            #[allow(dead_code)]
            #visibility fn describe(
                kafka: &#root::Kafka,
            ) -> ::core::result::Result<#root::private::ModelDescription, #root::Error> {
                #root::private::describe::<Self>(kafka)
            }
        }
    }
}

/// The field's type as what a field must be. What is wrong with it is reported at the type.
fn model_field(topic: &TopicField<'_>, private: &TokenStream) -> TokenStream {
    let ty = topic.ty;
    let (start, end) = ends(ty);
    let open = quote_spanned!(start=> <);
    let close = quote_spanned!(end=> >);
    quote!(#open #ty as #private::ModelField #close)
}

/// The declaration of one field.
fn field(topic: &TopicField<'_>, root: &TokenStream) -> TokenStream {
    let private = quote!(#root::private);
    let name = topic.name.to_string();
    let field = model_field(topic, &private);
    let publish_only = topic.publish_only;
    let given = declare::given(&private, topic.settings.placed());
    let dedicated = declare::dedicated(
        &private,
        topic
            .dedicated
            .as_ref()
            .map(|dedicated| dedicated.settings.placed()),
    );
    quote! {
        #private::FieldDeclaration {
            name: #name,
            message: &#field::MESSAGE,
            publish_only: #publish_only,
            given: #given,
            dedicated: #dedicated,
            overrides: #private::Overrides::NONE,
        }
    }
}

/// The checks that need the messages: of each field with all its levels, of the shared consumer, and
/// of the model as a whole.
fn assertions(model: &Model<'_>, root: &TokenStream) -> TokenStream {
    let private = &quote!(#root::private);
    let ident = &model.input.ident;
    let declaration = quote!(&<#ident as #root::KafkaModel>::DECLARATION);
    let mut checks = TokenStream::new();
    for (index, topic) in model.topics.iter().enumerate() {
        let subject = format!("{ident}.{} ({})", topic.name, text_of(topic.message));
        let index = Literal::usize_unsuffixed(index);
        let rule = quote!(field(#declaration, #index, #private::FEATURES));
        checks.extend(assertion(private, &rule, topic.ty, &subject));
    }
    let subject = ident.to_string();
    let shared = quote!(shared(#declaration, #private::FEATURES));
    checks.extend(assertion(private, &shared, ident, &subject));
    checks.extend(assertion(
        private,
        &quote!(model(#declaration)),
        ident,
        &subject,
    ));
    checks
}

/// A constant that can be evaluated only if the rule is kept. If not, the compiler points at `at`.
fn assertion(
    private: &TokenStream,
    rule: &TokenStream,
    at: impl ToTokens,
    subject: &str,
) -> TokenStream {
    let (start, end) = ends(at);
    // `assert_none` is `#[track_caller]`, so the error's place is this call: from the parenthesis that it
    // begins with to the one that it ends with.
    let mut violations = Group::new(Delimiter::Parenthesis, quote!(#private::rules::#rule));
    violations.set_span(start);
    let call = Ident::new("assert_none", start);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote_spanned!(end=> #subject));
    arguments.set_span(end);
    let value = quote_spanned!(start=> #violations.#call #arguments);
    quote! {
        // A model of hundreds of topics takes a while, and may.
        #[allow(long_running_const_eval)]
        const _: () = #value;
    }
}
