//! Running contenders, each in a process of its own.

use std::env;
use std::process::Stdio;

use tokio::process::Command;

use crate::table::{Figures, Runs};

/// A contender: its name in the table, and how it is run.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    program: Option<String>,
    arguments: Vec<String>,
}

impl Entry {
    /// One of this program's own.
    pub fn new(name: &str, arguments: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            program: None,
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    /// One that is another program, if that was built.
    #[allow(dead_code)]
    pub fn program(name: &str, path: &str, arguments: &[&str]) -> Option<Self> {
        std::path::Path::new(path).exists().then(|| Self {
            program: Some(path.to_owned()),
            ..Self::new(name, arguments)
        })
    }

    /// One run.
    ///
    /// # Panics
    /// If it fails, with what it said.
    pub async fn run(&self, more: &[String]) -> Figures {
        let program = match &self.program {
            Some(path) => path.into(),
            None => env::current_exe().expect("this program's path"),
        };
        let output = Command::new(program)
            .args(&self.arguments)
            .args(more)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{} {:?} {more:?}: {}\n{text}{}",
            self.name,
            self.arguments,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Figures::from_output(&text).unwrap_or_else(|| panic!("{}: no figures: {text}", self.name))
    }
}

/// Runs the contenders in turn, `rounds` times, so that whatever slows the machine slows all of them. Each round
/// begins with another one.
pub async fn interleaved(
    entries: &[Entry],
    rounds: usize,
    mut more: impl FnMut(&Entry) -> Vec<String>,
) -> Runs {
    let mut runs = Runs::default();
    for entry in entries {
        runs.0.push((entry.name.clone(), Vec::new()));
    }
    for round in 0..rounds {
        for step in 0..entries.len() {
            let entry = &entries[(round + step) % entries.len()];
            let figures = entry.run(&more(entry)).await;
            eprintln!("round {round}: {}: {}", entry.name, figures.to_line());
            runs.add(&entry.name, figures);
        }
    }
    runs
}
