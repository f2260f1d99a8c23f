//! serde's error texts without what they quote of the payload.

use serde_json::error::Category;

/// What `error` says, but for the values that it quotes: only the kinds of values, and what the type
/// expects.
///
/// serde writes `invalid type: string "secret", expected u64`. What follows the last `, expected ` is
/// the type's own text, and what precedes the first quote, backtick or digit is serde's.
pub(super) fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    match error.classify() {
        Category::Data if text.starts_with("missing field `") => text.to_owned(),
        Category::Data => match text.rsplit_once(", expected ") {
            Some((found, expected))
                if [
                    "invalid type: ",
                    "invalid value: ",
                    "invalid length ",
                    "unknown variant ",
                    "unknown field ",
                ]
                .iter()
                .any(|start| found.starts_with(start)) =>
            {
                let found = found.split([
                    '"', '`', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-',
                ]);
                let found = found.into_iter().next().unwrap_or_default().trim_end();
                format!("{found}, expected {expected}")
            }
            // A `Deserialize` of the user's own: its text may quote anything.
            _ => "the type refused it".to_owned(),
        },
        // These name what was expected at a place, never what was found there.
        Category::Syntax | Category::Eof | Category::Io => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::Error as _;

    use crate::decode::{DecodeError, json};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only decoded")]
    struct Order {
        id: u64,
        #[serde(default)]
        state: Option<State>,
        #[serde(default, deserialize_with = "refuse")]
        own: (),
    }

    #[derive(Debug, Deserialize)]
    enum State {
        Open,
        Closed,
    }

    fn refuse<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(D::Error::custom(format!("{text} is not mine")))
    }

    fn reason(payload: &str) -> String {
        match json::<Order>(payload.as_bytes()) {
            Err(DecodeError::Json { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reasons_say_what_is_wrong() {
        assert_eq!(reason("{}"), "missing field `id`");
        assert_eq!(
            reason(r#"{"id":"hunter2"}"#),
            "invalid type: string, expected u64"
        );
        assert_eq!(
            reason(r#"{"id":-42}"#),
            "invalid value: integer, expected u64"
        );
        assert_eq!(
            reason(r#"{"id":1,"state":"hunter2"}"#),
            "unknown variant, expected `Open` or `Closed`"
        );
        assert_eq!(reason(r#"{"id":1"#), "EOF while parsing an object");
        assert_eq!(reason("\u{1}"), "expected value");
    }

    #[test]
    fn reasons_never_quote_the_payload() {
        for payload in [
            r#"{"id":"hunter2"}"#,
            r#"{"id":"x, expected hunter2"}"#,
            r#"{"id":1,"hunter2":1}"#,
            r#"{"id":1,"state":"hunter2"}"#,
            r#"{"id":1,"own":"hunter2"}"#,
            r#"{"id":[["hunter2"]]}"#,
            r#"hunter2"#,
            r#""hunter2"#,
        ] {
            let reason = reason(payload);
            assert!(!reason.contains("hunter2"), "{payload}: {reason}");
        }
    }
}
