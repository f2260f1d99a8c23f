//! From overrides to the declaration of a model that is in force.

use kafka_model_core::setting::look_up;
use kafka_model_core::{
    Effective, FieldDeclaration, Given, Level, ModelDeclaration, Setting, SourceKind, Value,
    Violations, rules,
};

use super::address::{Scope, scope, setting_name};
use super::environment::variable;
use super::loaded::Overrides;
use super::reach::{self, Override};
use super::value;
use crate::error::RegisterProblem;
use crate::private::FEATURES;

/// A model with its overrides.
pub(crate) struct Overridden {
    /// What is in force.
    pub(crate) model: &'static ModelDeclaration<'static>,
    /// What is wrong with the overrides, or with what they made of the model.
    pub(crate) problems: Vec<RegisterProblem>,
    overrides: Vec<Override>,
}

impl Overridden {
    /// Where the override of `setting` comes from that stands at `level`, of the field at `field` or else of the model.
    pub(crate) fn origin(
        &self,
        level: Level,
        field: Option<usize>,
        setting: Setting,
    ) -> Option<&str> {
        let scope = match (level, field) {
            (Level::ProcessOverride, _) => Scope::Process,
            (Level::ModelOverride | Level::SharedOverride, _) => Scope::Model,
            (Level::FieldOverride, Some(index)) => Scope::Field(index),
            _ => return None,
        };
        self.overrides
            .iter()
            .find(|over| over.scope == scope && over.given.setting == setting)
            .map(|over| over.origin.as_str())
    }
}

/// `model` with what `overrides` have for it.
pub(super) fn apply(
    overrides: &Overrides,
    model: &'static ModelDeclaration<'static>,
) -> Overridden {
    let mut problems: Vec<_> = overrides
        .problems
        .iter()
        .map(|problem| RegisterProblem::Override {
            problem: problem.clone(),
        })
        .collect();
    let mut read = Vec::new();
    for (path, stored) in &overrides.entries {
        let origin = stored.origin().unwrap_or("an override");
        match one(path, stored, origin, model).and_then(|found| once(&read, found)) {
            Ok(found) => read.extend(found),
            Err(problem) => problems.push(RegisterProblem::Override {
                problem: format!("{origin}: {problem}"),
            }),
        }
    }
    if read.is_empty() {
        return Overridden {
            model,
            problems,
            overrides: read,
        };
    }
    let fields = model
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| FieldDeclaration {
            overrides: reach::of_field(&read, model, index),
            ..*field
        });
    let in_force: &'static _ = Box::leak(Box::new(ModelDeclaration {
        fields: fields.collect::<Vec<_>>().leak(),
        overrides: reach::of_shared(&read, model),
        ..*model
    }));
    let mut overridden = Overridden {
        model: in_force,
        problems,
        overrides: read,
    };
    // What has a mistake in it is not held against the rules: they would speak of what is missing.
    if overridden.problems.is_empty() {
        overridden.problems = broken_rules(&overridden);
    }
    overridden
}

/// The override at `path`, if it is for `model` or for the whole process.
fn one(
    path: &[String],
    stored: &config::Value,
    origin: &str,
    model: &'static ModelDeclaration<'static>,
) -> Result<Option<Override>, String> {
    let Some((scope, key)) = scope(path, model)? else {
        return Ok(None);
    };
    let name = setting_name(key);
    let spec = match look_up(&name) {
        Ok(spec) => spec,
        // Variables of this kind may be anybody's.
        Err(unknown) if scope == Scope::Process && variable(origin).is_some() => {
            let named_in_code = variable(origin).is_some_and(|name| names(model, name));
            let meant = unknown.contains("did you mean") || unknown.contains(": use `");
            if meant && !named_in_code {
                return Err(unknown);
            }
            if !named_in_code {
                tracing::warn!("{origin} is not a setting of kafka-model, and is ignored");
            }
            return Ok(None);
        }
        Err(unknown) => return Err(unknown),
    };
    if let Some(refused) = spec
        .refuse()
        .or_else(|| reach::refuse(scope, spec.canonical(), model))
    {
        return Err(refused);
    }
    let value = value::read(spec, stored)?;
    Ok(Some(Override {
        scope,
        given: Given::new(spec.canonical(), value),
        origin: origin.to_owned(),
    }))
}

/// `found`, unless the same setting was read under another name: which of the two counts nobody could know.
fn once(read: &[Override], found: Option<Override>) -> Result<Option<Override>, String> {
    let twice = found.as_ref().and_then(|found| {
        let same = |over: &&Override| {
            over.scope == found.scope && over.given.setting == found.given.setting
        };
        read.iter().find(same)
    });
    match twice {
        Some(first) => Err(format!(
            "it is another name of `{}`, which {} gives: remove one of the two",
            first.given.setting.name(),
            first.origin
        )),
        None => Ok(found),
    }
}

/// Whether an attribute of `model` takes a value from the environment variable `name`.
fn names(model: &ModelDeclaration<'static>, name: &str) -> bool {
    let of_fields = model.fields.iter().flat_map(|field| {
        [
            Some(field.message.given),
            field.message.dedicated,
            Some(field.given),
            field.dedicated,
        ]
    });
    let mut all = of_fields.flatten().chain([model.given]).flatten();
    all.any(|given| {
        matches!(given.value, Value::From(source) if source.kind == SourceKind::Env && source.name == name)
    })
}

/// The rules that what is in force breaks: those that the compiler has checked for the code alone.
fn broken_rules(overridden: &Overridden) -> Vec<RegisterProblem> {
    let model = overridden.model;
    let mut problems = Vec::new();
    let mut say = |violations: &Violations,
                   subject: String,
                   settings: &Effective<'static>,
                   field: Option<usize>| {
        for violation in violations.iter() {
            let given: Vec<_> = [violation.at, violation.with]
                .into_iter()
                .flatten()
                .filter_map(|setting| {
                    let (_, level) = settings.find(setting)?;
                    let origin = overridden.origin(level, field, setting)?;
                    Some(format!("{} comes from {origin}", setting.name()))
                })
                .collect();
            problems.push(RegisterProblem::Rule {
                subject: subject.clone(),
                rule: violation.text.as_str().to_owned(),
                given,
            });
        }
    };
    for (index, field) in model.fields.iter().enumerate() {
        say(
            &rules::field(model, index, FEATURES),
            format!(
                "{}.{} ({})",
                model.name, field.name, field.message.type_name
            ),
            &model.field(field),
            Some(index),
        );
    }
    let shared = model.shared();
    let name = model.name.to_owned();
    say(&rules::shared(model, FEATURES), name.clone(), &shared, None);
    say(&rules::model(model), name, &shared, None);
    problems
}
