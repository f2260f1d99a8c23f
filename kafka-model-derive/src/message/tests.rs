//! How many mistakes are found in a message's attributes, and what is said about them.

use quote::quote;

use super::derive;
use crate::mistakes::tests::{errors, expands};

#[test]
fn a_message_without_mistakes_has_one_impl() {
    let code = expands(derive(quote! {
        #[kafka(topic = "orders", key = id, order = "key")]
        #[kafka(dedicated(group_id = "orders", session_timeout_ms = "10s"))]
        struct Order { id: u64 }
    }));
    assert_eq!(code.matches("KafkaMessage for Order").count(), 1);
    for part in [
        "topic : \"orders\"",
        "keyed : true",
        "Setting :: SessionTimeoutMs",
        "Value :: Int (10000i64)",
        "refused : false",
    ] {
        assert!(code.contains(part), "{part} is missing in {code}");
    }
}

#[test]
fn a_message_with_mistakes_has_an_impl_that_is_refused() {
    let code = derive(quote! {
        #[kafka(topic = "orders", max_bufered = 100)]
        struct Order<T: Clone, const N: usize> { id: T }
    })
    .to_string();
    assert_eq!(code.matches("compile_error").count(), 1);
    assert!(code.contains("refused : true"));
}

#[test]
fn every_mistake_is_reported_once() {
    for (attribute, expected) in [
        (quote!(), vec!["has no topic"]),
        (quote!(#[kafka(topc = "a")]), vec!["did you mean `topic`?"]),
        (quote!(#[kafka(topic = "")]), vec!["is empty"]),
        (
            quote!(#[kafka(topic = 5, key = 7 + 1)]),
            vec!["in quotes, not `5`", "not the name of a field"],
        ),
        (
            quote!(#[kafka(topic = "a", key = nope, order = "key")]),
            vec!["has no field `nope`"],
        ),
        (
            quote!(#[kafka(topic = "a", max_buffered = 0, max_buffered = 0)]),
            vec!["must be from 1", "given twice"],
        ),
        (
            quote!(#[kafka(topic = "a", dedicated(group_id = 5, session_timeout_ms = "1 year"))]),
            vec!["takes a text in quotes", "not a unit"],
        ),
        // What is missing may be what is misspelt.
        (
            quote!(#[kafka(topic = "a", dedicated(grup_id = "a"))]),
            vec!["did you mean `group_id`?"],
        ),
        (
            quote!(#[kafka(topic = "a", dedicated(), dedicated)]),
            vec!["given twice", "in parentheses", "is empty"],
        ),
        (
            quote!(#[kafka(dedicated(topic = "a", group_id = "b"))]),
            vec!["belongs beside"],
        ),
        (
            quote!(#[kafka(topic = "a" max_buffered = 0 concurrency = 0)]),
            vec![
                "before `max_buffered`",
                "before `concurrency`",
                "`max_buffered` is 0",
                "`concurrency` is 0",
            ],
        ),
        (
            quote!(#[kafka(topic = "a", order == "key")]),
            vec!["single `=`", "needs a key"],
        ),
        (
            quote!(#[kafka(topic = "a", "x", 5, (), ::, =)]),
            vec![
                "without quotes",
                "this is not",
                "this is not",
                "this is not",
                "this is not",
            ],
        ),
        (
            quote!(#[kafka(topic = "a", crate = 5, crate = "x")]),
            vec![
                "not the path of a crate",
                "given twice",
                "not the path of a crate",
            ],
        ),
    ] {
        let shown = attribute.to_string();
        let found = errors(derive(quote!(#attribute struct Order { id: u64 })));
        assert_eq!(found.len(), expected.len(), "{shown}: {found:#?}");
        for part in expected {
            assert!(
                found.iter().any(|text| text.contains(part)),
                "{part} is missing for {shown}: {found:#?}"
            );
        }
    }
}

#[test]
fn a_fragment_of_a_macro_is_read_through_its_invisible_group() {
    let literal = proc_macro2::Group::new(proc_macro2::Delimiter::None, quote!("orders"));
    let found = errors(derive(quote!(
        #[kafka(topic = #literal, max_buffered = #literal)]
        struct Order;
    )));
    assert_eq!(found.len(), 1, "only the second is wrong: {found:#?}");
}
