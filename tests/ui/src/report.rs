//! What the compiler said, and how it differs from what it should have said.

use std::fmt::Write as _;

use serde_json::Value;

use crate::expect::Case;

/// One error or warning of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The line that it points at first, counted from 1; 0 if it points nowhere.
    pub line: usize,
    /// `error` or `warning`.
    pub level: String,
    /// Its message, its labels and its notes.
    pub text: String,
}

/// The errors and warnings in Cargo's messages, each with the name of the binary that has it.
#[must_use]
pub fn reported(messages: &str) -> Vec<(String, Reported)> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut all = Vec::new();
    for message in messages.filter(|message| message["reason"] == "compiler-message") {
        let name = message["target"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if let Some(found) = diagnostic(&message["message"]) {
            // rustc may report a failed bound once for each use; Cargo shows it once, and so do we.
            if !all.contains(&(name.clone(), found.clone())) {
                all.push((name, found));
            }
        }
    }
    all
}

/// A diagnostic, but for the summaries that point nowhere ("aborting due to 2 previous errors").
fn diagnostic(message: &Value) -> Option<Reported> {
    let level = message["level"].as_str()?.to_owned();
    let spans = message["spans"].as_array()?;
    let first = spans.iter().find(|span| span["is_primary"] == true)?;
    let mut text = message["message"].as_str()?.to_owned();
    let labels = spans.iter().map(|span| &span["label"]);
    let notes = message["children"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|child| &child["message"]);
    for part in labels.chain(notes).filter_map(Value::as_str) {
        text.push('\n');
        text.push_str(part);
    }
    Some(Reported {
        line: line(first),
        level,
        text,
    })
}

/// The line of a span; of one that lies in a macro's expansion, that of the outermost call.
fn line(span: &Value) -> usize {
    match &span["expansion"]["span"] {
        Value::Null => span["line_start"]
            .as_u64()
            .and_then(|line| usize::try_from(line).ok())
            .unwrap_or(0),
        outer => line(outer),
    }
}

/// How what was reported differs from what the case expects; nothing if it does not.
#[must_use]
pub fn difference(case: &Case, mut reported: Vec<Reported>) -> Option<String> {
    let mut text = String::new();
    for expected in &case.expected {
        let fits =
            |found: &Reported| found.line == expected.line && found.text.contains(&expected.text);
        match reported
            .iter()
            .position(|found| found.level == "error" && fits(found))
        {
            Some(at) => drop(reported.swap_remove(at)),
            None => {
                // A `String` takes all that is written to it.
                let _ = writeln!(text, "  missing, line {}: {}", expected.line, expected.text);
            }
        }
    }
    for found in reported {
        let _ = writeln!(
            text,
            "  {}, line {}: {}",
            found.level,
            found.line,
            found.text.replace('\n', "\n      ")
        );
    }
    (!text.is_empty()).then(|| format!("{}\n{text}", case.path.display()))
}
