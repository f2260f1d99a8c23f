//! All overrides of one runtime, before it is known what each is for.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use config::Value;
use kafka_model_core::ModelDeclaration;

use super::apply::{Overridden, apply};
use super::code::{self, SettingValue};
use super::entries::{Entries, Entry};
use super::environment::{self, Variable};
use super::file;

/// Where overrides are taken from, weakest first: the code, files in their order, the environment.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    code: Vec<Entry>,
    files: Vec<PathBuf>,
    prefix: Option<String>,
    /// In place of those of the process.
    variables: Option<Vec<Variable>>,
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

    pub(crate) fn variables(&mut self, variables: Vec<Variable>) {
        self.variables = Some(variables);
    }

    /// Reads them all, as they are now.
    pub(crate) fn load(self) -> Overrides {
        let mut problems = Vec::new();
        let mut entries: Entries = self.code.into_iter().collect();
        for path in &self.files {
            match file::read(path) {
                Ok(file) => entries.extend(file),
                Err(problem) => problems.push(problem),
            }
        }
        if let Some(prefix) = &self.prefix {
            let variables = self.variables.unwrap_or_else(environment::variables);
            let (environment, wrong) = environment::read(prefix, variables);
            entries.extend(environment);
            problems.extend(wrong);
        }
        Overrides {
            entries: entries.into_iter().collect(),
            problems,
            applied: Mutex::default(),
        }
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
            .finish_non_exhaustive()
    }
}

/// The overrides of one runtime.
#[derive(Default)]
pub(crate) struct Overrides {
    /// By path.
    pub(super) entries: Vec<(Vec<String>, Value)>,
    /// What could not be read at all.
    pub(super) problems: Vec<String>,
    applied: Mutex<HashMap<TypeId, Arc<Overridden>>>,
}

impl Overrides {
    /// `model` with what there is for it: the same each time, since what is in force is kept for good. `id` is that of the
    /// model's type.
    pub(crate) fn of(
        &self,
        id: TypeId,
        model: &'static ModelDeclaration<'static>,
    ) -> Arc<Overridden> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        let overridden = applied
            .entry(id)
            .or_insert_with(|| Arc::new(apply(self, model)));
        Arc::clone(overridden)
    }
}

#[cfg(test)]
mod tests {
    use kafka_model_core::Overrides as Given;

    use super::*;

    #[test]
    fn who_asks_again_gets_what_is_kept() {
        static MODEL: ModelDeclaration<'static> = ModelDeclaration {
            name: "Many",
            given: &[],
            fields: &[],
            refused: false,
            overrides: Given::NONE,
        };
        let mut inputs = Inputs::default();
        inputs.set("bootstrap_servers", "a:1".into(), Location::caller());
        let overrides = inputs.load();
        let ask = || overrides.of(TypeId::of::<()>(), &MODEL).model;
        assert!(!std::ptr::eq(ask(), &raw const MODEL), "it is overridden");
        assert!(std::ptr::eq(ask(), ask()));
    }
}
