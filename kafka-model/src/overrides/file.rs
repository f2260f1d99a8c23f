//! Overrides from a file in TOML.

use std::fs;
use std::path::Path;

use config::{Map, Value, ValueKind};
use kafka_model_core::setting::look_up;
use kafka_model_core::{Kind, SourceKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::address::group_of;
use super::entries::{Entry, leaves};
use super::value::named_source;

/// Reads the file at `path`.
///
/// # Errors
/// If it cannot be read, or is not TOML. The text does not show what is in it, which may be a secret at the wrong
/// place.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{}: it cannot be read: {error}", path.display()))?;
    parse(&path.display().to_string(), &text)
}

fn parse(name: &str, text: &str) -> Result<Vec<Entry>, String> {
    let lines = Lines { name, text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: it is not TOML: {}", lines.origin(at), error.message())
    })?;
    let table = lines.table(table.get_ref());
    Ok(leaves(Value::new(None, table)))
}

/// A file's text, of which each value is to say in which line it stands.
struct Lines<'a> {
    name: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn origin(&self, at: usize) -> String {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        format!("{}:{line}", self.name)
    }

    fn table(&self, table: &DeTable<'_>) -> Map<String, Value> {
        let entries = table.iter().map(|(key, value)| {
            let key = key.get_ref().to_string();
            let at = value.span().start;
            let value = self.value(&key, value);
            // A text of a group's own name is its setting of that name.
            let value = match group_of(&key) {
                Some(inner) if !matches!(value.kind, ValueKind::Table(_)) => {
                    let inner = Map::from_iter([(inner.to_owned(), value)]);
                    Value::new(Some(&self.origin(at)), inner)
                }
                _ => value,
            };
            (key, value)
        });
        entries.collect()
    }

    fn value(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Value {
        let kind: ValueKind = match value.get_ref() {
            DeValue::String(text) => text.to_string().into(),
            DeValue::Boolean(flag) => (*flag).into(),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => number.into(),
                    // It is larger than any setting: as a text it is refused with its digits.
                    Err(_) => number.as_str().into(),
                }
            }
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(number) => number.into(),
                Err(_) => number.as_str().into(),
            },
            DeValue::Datetime(time) => time.to_string().into(),
            DeValue::Array(items) => {
                ValueKind::Array(items.iter().map(|item| self.value(key, item)).collect())
            }
            DeValue::Table(table) => match source(key, table) {
                Some(source) => source,
                None => ValueKind::Table(self.table(table)),
            },
        };
        Value::new(Some(&self.origin(value.span().start)), kind)
    }
}

/// `{ env = "NAME" }`, `{ file = "/path" }` or `{ secret = "name" }` as the value of a text.
fn source(key: &str, table: &DeTable<'_>) -> Option<ValueKind> {
    let of_text = look_up(key).is_ok_and(|spec| spec.kind == Kind::Text);
    let (kind, name) = table
        .iter()
        .next()
        .filter(|_| of_text && table.len() == 1)?;
    let kind = SourceKind::named(kind.get_ref())?;
    let name = name.get_ref().as_str()?;
    Some(named_source(kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(text: &str) -> Vec<(String, String)> {
        let mut all: Vec<_> = parse("kafka.toml", text)
            .unwrap()
            .into_iter()
            .map(|(path, value)| (path.join("."), value.origin().unwrap().to_owned()))
            .collect();
        all.sort();
        all
    }

    #[test]
    fn each_value_knows_its_line() {
        let all = origins(
            "bootstrap_servers = \"a:1\"\n\
             \n\
             [monitoring]\n\
             session_timeout_ms = \"30s\"\n\
             sasl_password = { file = \"/run/secrets/x\" }\n\
             [monitoring.alerts]\n\
             max_buffered = 200\n\
             dead_letter = \"dead\"\n\
             retry = { attempts = 3, topics = [\n\
               \"10s\" ] }\n",
        );
        let expected = [
            ("bootstrap_servers", 1),
            ("monitoring.alerts.dead_letter.topic", 8),
            ("monitoring.alerts.max_buffered", 7),
            ("monitoring.alerts.retry.attempts", 9),
            ("monitoring.alerts.retry.topics", 9),
            ("monitoring.sasl_password", 5),
            ("monitoring.session_timeout_ms", 4),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, line)| ((*path).to_owned(), format!("kafka.toml:{line}")))
            .collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn what_is_no_toml_says_where_and_shows_nothing() {
        let wrong = parse("kafka.toml", "a = 1\nsasl_password = \"hunter2\nb = 2\n").unwrap_err();
        assert!(
            wrong.starts_with("kafka.toml:2: it is not TOML: "),
            "{wrong}"
        );
        assert!(!wrong.contains("hunter2"), "{wrong}");
        let gone = read(Path::new("/no/such/file.toml")).unwrap_err();
        assert!(
            gone.starts_with("/no/such/file.toml: it cannot be read: "),
            "{gone}"
        );
    }
}
