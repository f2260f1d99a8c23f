//! How many mistakes are found in a model, and what is said about them.

use quote::quote;

use super::derive;
use crate::mistakes::tests::{errors, expands};

#[test]
fn a_model_has_its_impl_its_function_and_its_checks() {
    let code = expands(derive(quote! {
        #[kafka(group_id = "shop")]
        pub(crate) struct Shop {
            orders: Topic<Order>,
            #[kafka(publish_only)]
            invoices: other::Topic<Invoice<u8>>,
        }
    }));
    assert!(!code.contains("compile_error"), "{code}");
    assert_eq!(code.matches("KafkaModel for Shop").count(), 1);
    assert_eq!(code.matches("pub (crate) fn register_all").count(), 1);
    // One for each field, one for the shared consumer, one for the whole.
    assert_eq!(code.matches("assert_none").count(), 4);
    assert!(code.contains("Shop.invoices (Invoice<u8>)"));
}

#[test]
fn every_mistake_is_reported_once() {
    for (item, expected) in [
        (
            quote!(
                enum Shop {}
            ),
            vec!["is an enum"],
        ),
        (quote!(union Shop { a: u8 }), vec!["is a union"]),
        (
            quote!(
                struct Shop<'a, T, const N: usize> {
                    a: Topic<T>,
                }
            ),
            vec!["no parameters"; 3],
        ),
        (
            quote!(
                struct Shop {
                    a: Topic,
                    b: u8,
                    c: Topic<A, B>,
                    d: &'static Topic<A>,
                }
            ),
            vec!["is a `Topic<…>`"; 4],
        ),
        (
            quote!(
                struct Shop {
                    a: Topic<A>,
                    b: Topic<A>,
                }
            ),
            vec!["already the message of the field `a`"],
        ),
        (
            quote!(
                struct Shop {
                    #[kafka(dedicated(group_id = ""), topic = "a")]
                    a: Topic<A>,
                }
            ),
            vec!["`group_id` is empty", "`topic` belongs"],
        ),
        (
            quote!(
                #[kafka(session_timeout_ms = "45s", max_poll_interval_ms = "10s", nope = 1)]
                struct Shop {}
            ),
            vec!["unknown setting `nope`", "must not exceed"],
        ),
    ] {
        let found = errors(derive(item.clone()));
        assert_eq!(found.len(), expected.len(), "{item}: {found:#?}");
        for part in expected {
            assert!(
                found.iter().any(|text| text.contains(part)),
                "{part} is missing for {item}: {found:#?}"
            );
        }
    }
}
