//! Generated payloads: whatever arrives is a value or an error, and no error shows what arrived.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{DecodeError, json};
use crate::testing::cases;

/// What no error may show, as a text and as a number.
const SECRET: &str = "hunter2";
const NUMBER: &str = "86753090042";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only decoded")]
struct Order {
    id: u8,
    state: State,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(default)]
    next: Option<Box<Order>>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only decoded")]
enum State {
    Open,
    Closed { at: i32, by: char },
    Moved(Line, bool),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only decoded")]
struct Line(u16, f32);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only decoded")]
enum Untagged {
    Order(Order),
    Line(Line),
    Map(BTreeMap<u8, State>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "state")]
#[allow(dead_code, reason = "only decoded")]
enum Tagged {
    Open {
        id: u8,
    },
    #[serde(rename = "moved")]
    Moved(Order),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only decoded")]
struct Flat {
    id: (u8, u8),
    #[serde(flatten)]
    rest: BTreeMap<String, Line>,
}

fn error<T: DeserializeOwned>(payload: &[u8]) -> Option<String> {
    match json::<T>(payload) {
        Err(error @ DecodeError::Panic) => panic!("{error}"),
        decoded => decoded.err().map(|error| format!("{error} {error:?}")),
    }
}

fn errors(payload: &[u8]) -> Vec<String> {
    [
        error::<Order>(payload),
        error::<Untagged>(payload),
        error::<Tagged>(payload),
        error::<Flat>(payload),
        error::<State>(payload),
        error::<BTreeMap<State2, u8>>(payload),
        error::<Vec<u8>>(payload),
        error::<String>(payload),
        error::<u64>(payload),
        error::<f64>(payload),
        error::<(bool, char)>(payload),
        error::<()>(payload),
        error::<serde_json::Value>(payload),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum State2 {
    Open,
    Closed,
}

/// JSON with names of the types above, and what must not be shown wherever a text or a number stands.
fn document() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "id",
        "state",
        "lines",
        "next",
        "Open",
        "Closed",
        "Moved",
        "moved",
        "at",
        "by",
        "x",
        "1",
        ", expected hunter2",
        "hunter2 at line 3 column 4",
        "missing field `hunter2`",
        "hunter2",
        "invalid type: hunter2",
    ]);
    let text = word.prop_map(|word| {
        format!(
            "{:?}",
            if word.len() < 6 {
                word.to_owned()
            } else {
                format!("{word}{SECRET}")
            }
        )
    });
    let number = prop::sample::select(vec![
        "1",
        "-1",
        "300",
        "1.5",
        "1e400",
        "86753090042",
        "-86753090042",
        "86753090042.5",
        "86753090042e30",
        "86753090042867530900428675309004286753090042",
    ]);
    let leaf = prop_oneof![
        3 => text.clone(),
        3 => number.prop_map(str::to_owned),
        1 => prop::sample::select(vec!["null", "true", "false", "", "hunter2", "nul"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((text.clone(), inner), 0..5).prop_map(|fields| {
                let fields: Vec<_> = fields
                    .into_iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

#[test]
fn what_is_nested_deeply_is_refused() {
    for (open, close) in [("[", "]"), ("{\"next\":", "}"), ("[[{\"a\":", "}]]")] {
        for depth in [127, 128, 100_000] {
            let payload = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for error in errors(payload.as_bytes()) {
                assert!(error.len() < 1_000, "{error}");
            }
            errors(open.repeat(depth).as_bytes());
        }
    }
    let deep = "[".repeat(100_000);
    assert!(
        error::<serde_json::Value>(deep.as_bytes())
            .unwrap()
            .contains("recursion")
    );
}

#[test]
fn a_number_of_any_length_is_a_number_or_refused() {
    for digits in [20, 400, 100_000] {
        for text in [
            "9".repeat(digits),
            format!("-{}", "9".repeat(digits)),
            format!("0.{}", "9".repeat(digits)),
            format!("1e{}", "9".repeat(digits)),
            format!("1e-{}", "9".repeat(digits)),
        ] {
            for error in errors(text.as_bytes()) {
                assert!(!error.contains("999"), "{error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_bytes_are_a_value_or_an_error(payload in prop::collection::vec(any::<u8>(), 0..64)) {
        errors(&payload);
    }

    #[test]
    fn no_error_shows_the_payload(mut payload in document(), cut in any::<prop::sample::Index>(), whole in any::<bool>()) {
        if !whole {
            // What is cut off is no longer all of the secret, but an error must not show a part of it either.
            payload.truncate(cut.index(payload.len() + 1));
        }
        for error in errors(payload.as_bytes()) {
            prop_assert!(!error.contains("hunter"), "{payload}: {error}");
            prop_assert!(!error.contains(&NUMBER[..6]), "{payload}: {error}");
        }
    }
}
