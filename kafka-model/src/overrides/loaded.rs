//! All overrides of one runtime, before it is known what each is for.

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;

use config::{Config, Value};

use super::code::{self, SettingValue};
use super::entries::{Entries, leaves};
use super::environment;
use super::file::File;

/// Where overrides are taken from, weakest first: the code, files in their order, the environment.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    code: Vec<(Vec<String>, Value)>,
    files: Vec<PathBuf>,
    prefix: Option<String>,
}

impl Inputs {
    pub(crate) fn set(&mut self, key: &str, value: SettingValue, at: &Location<'_>) {
        self.code.push(code::entry(key, value, at));
    }

    pub(crate) fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    pub(crate) fn environment(&mut self, prefix: &str) {
        self.prefix = Some(prefix.to_owned());
    }

    /// Reads them all, as they are now.
    pub(crate) fn load(self) -> Overrides {
        let mut problems = Vec::new();
        let mut store = Config::builder().add_source(Entries::new(self.code));
        for path in &self.files {
            match File::read(path) {
                Ok(file) => store = store.add_source(file),
                Err(problem) => problems.push(problem),
            }
        }
        if let Some(prefix) = &self.prefix {
            store = store.add_source(environment::read(prefix));
        }
        let entries = match store.build() {
            Ok(store) => leaves(store.cache),
            Err(error) => {
                problems.push(error.to_string());
                Vec::new()
            }
        };
        Overrides { entries, problems }
    }
}

/// Hides the values: a password may be at the wrong place.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.code.iter().map(|(path, _)| path.join(".")).collect();
        f.debug_struct("Inputs")
            .field("code", &keys)
            .field("files", &self.files)
            .field("prefix", &self.prefix)
            .finish()
    }
}

/// The overrides of one runtime.
#[derive(Clone, Default)]
pub(crate) struct Overrides {
    /// By path.
    pub(super) entries: Vec<(Vec<String>, Value)>,
    /// What could not be read at all.
    pub(super) problems: Vec<String>,
}
