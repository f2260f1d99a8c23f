//! Values that are taken from the environment.

use std::env::{self, VarError};

use kafka_model_core::setting::SPECS;
use kafka_model_core::{Effective, Level, Setting, Value};

use crate::error::VariableProblem;

/// The value of an environment variable.
///
/// # Errors
/// If it is unset, empty, or not UTF-8.
pub(crate) fn read_variable(name: &str) -> Result<String, VariableProblem> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Err(VariableProblem::Empty),
        Ok(value) => Ok(value),
        Err(VarError::NotPresent) => Err(VariableProblem::Unset),
        Err(VarError::NotUnicode(_)) => Err(VariableProblem::NotUnicode),
    }
}

/// The settings in force that are taken from the environment: the setting, the variable, and the level
/// that names it.
pub(crate) fn variables(
    settings: &Effective<'static>,
) -> impl Iterator<Item = (Setting, &'static str, Level)> {
    SPECS
        .iter()
        .filter_map(|spec| match settings.find(spec.setting) {
            Some((Value::Env(variable), level)) => Some((spec.setting, variable, level)),
            _ => None,
        })
}
