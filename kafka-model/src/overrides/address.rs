//! What the key of an override is for: `monitoring.alerts.max_buffered`.

use kafka_model_core::ModelDeclaration;
use kafka_model_core::setting::{GROUPS, SPECS, nearest, snake_case};

use super::environment::variable;
use super::loaded::Overrides;

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The whole process.
    Process,
    /// The model: its shared consumer, and what dedicated ones take from the model.
    Model,
    /// The field of this index.
    Field(usize),
}

/// The setting of a group that has the group's own name: `dead_letter = "…"` is `dead_letter.topic`.
pub(super) fn group_of(name: &str) -> Option<&'static str> {
    let is_setting = || SPECS.iter().any(|spec| spec.name == name);
    let (_, inner) = GROUPS
        .iter()
        .find(|(group, _)| *group == name && is_setting())?;
    inner.first().copied()
}

/// The name that the table has for the setting at the end of `path`: `retry(attempts)` for `….retry.attempts`.
pub(super) fn setting_name(path: &[String]) -> String {
    match path {
        [.., group, inner] if GROUPS.iter().any(|(name, _)| name == group) => {
            if group_of(group) == Some(inner) {
                group.clone()
            } else {
                format!("{group}({inner})")
            }
        }
        [.., name] => name.clone(),
        [] => String::new(),
    }
}

/// The overrides of models that are none of `models`. Variables may be anybody's: unless they name one that is like one of
/// theirs, they are only logged.
pub(crate) fn of_nobody(overrides: &Overrides, models: &[&str]) -> Vec<String> {
    let names: Vec<_> = models.iter().map(|name| snake_case(name)).collect();
    let mut problems = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    for (path, stored) in &overrides.entries {
        let Some(first) = path
            .first()
            .filter(|first| !is_setting(path) && !names.contains(first))
        else {
            continue;
        };
        let origin = stored.origin().unwrap_or("an override");
        match nearest(first, names.iter().map(String::as_str)) {
            Some(meant) => problems.push(format!(
                "{origin}: no model `{first}` is registered: did you mean `{meant}`?"
            )),
            None if variable(origin).is_none() => {
                let known: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let known = known.join(", ");
                let what = if names.len() == 1 {
                    "it is"
                } else {
                    "they are"
                };
                problems.push(format!(
                    "{origin}: no model `{first}` is registered: {what} {known}; register the model, or remove what is \
                     said of it"
                ));
            }
            None if unknown.contains(&first.as_str()) => {}
            None => {
                tracing::warn!(model = %first, "overrides of a model that is not registered are ignored, at {origin}");
                unknown.push(first);
            }
        }
    }
    problems
}

/// Whether `path` can be the key of a setting, without a model.
fn is_setting(path: &[String]) -> bool {
    match path {
        [_] => true,
        [group, _] => GROUPS.iter().any(|(name, _)| name == group),
        _ => false,
    }
}

/// Whose setting `path` is, and the path of the setting alone; `None` if it is of another model.
///
/// # Errors
/// If the model has no such field: the text says so.
pub(super) fn scope<'p>(
    path: &'p [String],
    model: &ModelDeclaration<'_>,
) -> Result<Option<(Scope, &'p [String])>, String> {
    let Some((_, rest)) = path
        .split_first()
        .filter(|(first, rest)| **first == snake_case(model.name) && !rest.is_empty())
    else {
        return Ok(is_setting(path).then_some((Scope::Process, path)));
    };
    let fields = || model.fields.iter().map(|field| field.name);
    if let [name, key @ ..] = rest
        && !key.is_empty()
        && let Some(index) = fields().position(|field| field == name)
    {
        return Ok(Some((Scope::Field(index), key)));
    }
    if is_setting(rest) {
        return Ok(Some((Scope::Model, rest)));
    }
    let name = rest.first().map_or("", String::as_str);
    Err(match nearest(name, fields()) {
        Some(meant) => format!(
            "the model `{}` has no field `{name}`: did you mean `{meant}`?",
            model.name
        ),
        None => {
            let fields: Vec<_> = fields().map(|field| format!("`{field}`")).collect();
            format!(
                "the model `{}` has no field `{name}`; it has {}",
                model.name,
                fields.join(", ")
            )
        }
    })
}
