//! The derive macros of `kafka-model`. Use them through that crate, which re-exports them.
//!
//! Both macros go through the same stages, each in files of its own:
//!
//! 1. `attr`: what is written in `#[kafka(...)]`, with its spans, and nothing about what it means.
//! 2. `message::parse` and `model::parse`, with `settings`: what it means. The result is a model in
//!    which the invalid cannot be written; all that is wrong goes to `mistakes`.
//! 3. `check`: the rules of `kafka-model-core`, each breach at the tokens that caused it.
//! 4. `message::expand` and `model::expand`: the code, which cannot fail.
//!
//! A mistake never ends a stage: one compile shows all of them. An item with a mistake still gets its
//! impls (marked as refused), so that no other error follows from it.

mod attr;
mod check;
mod declare;
#[cfg(test)]
mod generated;
mod groups;
mod message;
mod mistakes;
mod model;
mod pinned;
mod settings;
mod tokens;
mod words;

use kafka_model_core::Features;
use proc_macro::TokenStream;

/// The crate features that the linked librdkafka is built with; `kafka-model` passes them on.
const FEATURES: Features = Features {
    ssl: cfg!(feature = "ssl"),
    zstd: cfg!(feature = "zstd"),
    gssapi: cfg!(feature = "gssapi"),
    curl: false,
};

// Its documentation is at the re-export, `kafka-model/src/derive.rs`, where the examples can be compiled.
#[allow(missing_docs)]
#[proc_macro_derive(KafkaMessage, attributes(kafka))]
pub fn kafka_message(input: TokenStream) -> TokenStream {
    message::derive(input.into()).into()
}

// The same.
#[allow(missing_docs)]
#[proc_macro_derive(KafkaModel, attributes(kafka))]
pub fn kafka_model(input: TokenStream) -> TokenStream {
    model::derive(input.into()).into()
}
