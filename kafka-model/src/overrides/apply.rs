//! From overrides to the declaration of a model that is in force.

use kafka_model_core::setting::{SPECS, look_up, nearest};
use kafka_model_core::{
    FieldDeclaration, Given, Level, ModelDeclaration, Setting, SourceKind, Value,
};

use super::address::{Scope, scope, setting_name};
use super::environment::variable;
use super::loaded::Overrides;
use super::reach::{self, Override};
use super::{rules, value};
use crate::error::RegisterProblem;

/// A model with its overrides.
pub(crate) struct Overridden {
    /// What is in force.
    pub(crate) model: &'static ModelDeclaration<'static>,
    /// What is wrong with the overrides, or with what they made of the model.
    pub(crate) problems: Vec<RegisterProblem>,
    /// The settings that an override was meant to give, and does not.
    pub(super) refused: Vec<Setting>,
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

    /// Where `setting` is given for the whole process.
    pub(super) fn of_process(&self, setting: Setting) -> Option<&str> {
        self.origin(Level::ProcessOverride, None, setting)
    }

    /// Whether an override of `setting` was refused, so that it is no wonder if there is none.
    pub(crate) fn is_refused(&self, setting: Setting) -> bool {
        self.refused.contains(&setting)
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
    let mut refused = Vec::new();
    for (path, stored) in &overrides.entries {
        let origin = stored.origin().unwrap_or("an override");
        match one(path, stored, origin, model).and_then(|found| once(&read, found)) {
            Ok(found) => read.extend(found),
            Err(problem) => {
                problems.push(RegisterProblem::Override {
                    problem: format!("{origin}: {problem}"),
                });
                refused.extend(meant(path));
            }
        }
    }
    if read.is_empty() {
        return Overridden {
            model,
            problems,
            refused,
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
        refused,
        overrides: read,
    };
    // Without a whole source, the rules would speak of what is in it.
    if overrides.problems.is_empty() {
        let broken = rules::broken(&overridden);
        overridden.problems.extend(broken);
    }
    overridden
}

/// The setting that was probably meant by the key at `path`, which was refused.
fn meant(path: &[String]) -> Option<Setting> {
    let name = setting_name(path);
    if let Ok(spec) = look_up(&name) {
        return Some(spec.canonical());
    }
    let near = nearest(&name, SPECS.iter().map(|spec| spec.name))?;
    look_up(near).ok().map(|spec| spec.canonical())
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
