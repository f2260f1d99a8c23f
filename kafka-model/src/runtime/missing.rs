//! What a model needs at start, and what of it is not there.

use kafka_model_core::{Effective, FieldDeclaration, Level, Setting, Source, Value};

use super::kafka::Inner;
use crate::config::{self, BOOTSTRAP_VARIABLE};
use crate::error::{RegisterProblem, SourceProblem};
use crate::overrides::Overridden;

/// Gathers what is missing, each once.
pub(super) struct Missing<'a> {
    pub(super) runtime: &'a Inner,
    pub(super) overridden: &'a Overridden,
    pub(super) problems: Vec<RegisterProblem>,
}

impl Missing<'_> {
    /// The group of a field. The rules have made sure that there is one; if it cannot be read, it is empty.
    pub(super) fn group(&mut self, field: &FieldDeclaration<'static>) -> String {
        let model = self.overridden.model;
        let (source, level) = match model.group(field) {
            Some((Value::From(source), level)) => (source, level),
            Some((group, _)) => return self.runtime.connection.text_of(group),
            None => return String::new(),
        };
        match self.runtime.connection.try_read(source) {
            Ok(group) => group,
            Err(problem) => {
                let service = match level {
                    level if of_model(level) => model.name.to_owned(),
                    _ => format!("{}.{}", model.name, field.name),
                };
                self.add_source(service, Setting::GroupId, source, problem);
                String::new()
            }
        }
    }

    /// Looks for everything that a client with these settings should find in the environment.
    pub(super) fn check(&mut self, settings: &Effective<'static>, label: &str) {
        let model = self.overridden.model.name;
        let connection = &self.runtime.connection;
        let of_own_brokers = settings.find_given(Setting::BootstrapServers).is_some()
            || self.overridden.is_refused(Setting::BootstrapServers);
        if !of_own_brokers && connection.brokers(settings).is_none() {
            self.add(RegisterProblem::NoBrokers {
                service: model.to_owned(),
                variable: BOOTSTRAP_VARIABLE,
            });
        }
        let wants_tokens = settings.str(Setting::SaslMechanism) == Some("OAUTHBEARER")
            && !settings.bool(Setting::EnableSaslOauthbearerUnsecureJwt)
            && !connection.ignores(Setting::SaslMechanism);
        if wants_tokens && connection.tokens.0.is_none() {
            self.add(RegisterProblem::NoTokens {
                service: label.to_owned(),
            });
        }
        for (setting, source, level) in config::sources(settings) {
            if connection.ignores(setting) {
                continue;
            }
            if let Err(problem) = connection.sources.look(source) {
                let service = if of_model(level) { model } else { label };
                self.add_source(service.to_owned(), setting, source, problem);
            }
        }
    }

    fn add_source(
        &mut self,
        service: String,
        setting: Setting,
        source: Source<'_>,
        problem: SourceProblem,
    ) {
        self.add(RegisterProblem::Source {
            service,
            setting: setting.name(),
            source_name: source.to_string(),
            problem,
        });
    }

    pub(super) fn add(&mut self, problem: RegisterProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Whether what is given at `level` is the same for all of a model.
fn of_model(level: Level) -> bool {
    matches!(
        level,
        Level::Model | Level::ModelOverride | Level::SharedOverride | Level::ProcessOverride
    )
}
