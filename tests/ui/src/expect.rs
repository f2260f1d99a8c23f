//! What a file says that the compiler must say.

use std::path::{Path, PathBuf};

const NOTE: &str = "//~";
const FEATURE: &str = "//@ feature ";

/// One error that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its line, counted from 1.
    pub line: usize,
    /// A part of its text.
    pub text: String,
}

/// A file, and the errors that it must have.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// A name that is unique among all cases and fits for a binary.
    pub name: String,
    /// The feature of the derives that it needs to be on, from a line `//@ feature ssl`.
    pub feature: Option<String>,
    /// All errors that it must have.
    pub expected: Vec<Expected>,
}

impl Case {
    /// Reads the file at `path`, which is below `root`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path, path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
        let name = below
            .to_string_lossy()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let feature = text.lines().find_map(|line| line.strip_prefix(FEATURE));
        Ok(Self {
            path: path.to_owned(),
            name,
            feature: feature.map(|feature| feature.trim().to_owned()),
            expected: notes(&text),
        })
    }
}

/// Whether the file at `path` states its expectations itself.
///
/// # Errors
/// If it cannot be read.
pub fn has_notes(path: &Path) -> std::io::Result<bool> {
    Ok(std::fs::read_to_string(path)?.contains(NOTE))
}

/// All Rust files one level below the folders of `root`, in order.
///
/// # Errors
/// If a folder cannot be read.
pub fn files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for topic in std::fs::read_dir(root)? {
        for file in std::fs::read_dir(topic?.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn notes(text: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, note)) = line.split_once(NOTE) else {
            continue;
        };
        let up = note.chars().take_while(|c| *c == '^').count();
        let text = note
            .trim_start_matches('^')
            .trim()
            .trim_start_matches("ERROR")
            .trim();
        expected.push(Expected {
            line: (index + 1).saturating_sub(up),
            text: text.to_owned(),
        });
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_counts_lines_upwards() {
        let found = notes("struct A; //~ ERROR one\nstruct B;\n//~^ ERROR two\n//~^^ three\n");
        let line = |line, text: &str| Expected {
            line,
            text: text.to_owned(),
        };
        assert_eq!(found, [line(1, "one"), line(2, "two"), line(2, "three")]);
    }
}
