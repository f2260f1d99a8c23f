//! The rules, held against what the overrides made of a model.

use kafka_model_core::{Effective, Setting, Side, Violation, Violations, rules};

use super::apply::Overridden;
use crate::config::is_security;
use crate::error::RegisterProblem;
use crate::private::FEATURES;

/// The rules that what is in force breaks: those that the compiler has checked for the code alone.
pub(super) fn broken(overridden: &Overridden) -> Vec<RegisterProblem> {
    let model = overridden.model;
    let mut problems = Vec::new();
    for (index, field) in model.fields.iter().enumerate() {
        let subject = Subject {
            overridden,
            settings: model.field(field),
            field: Some(index),
        };
        let name = format!(
            "{}.{} ({})",
            model.name, field.name, field.message.type_name
        );
        let found = rules::field(model, index, FEATURES);
        problems.extend(subject.problems(&found, &name));
    }
    let shared = Subject {
        overridden,
        settings: model.shared(),
        field: None,
    };
    for found in [rules::shared(model, FEATURES), rules::model(model)] {
        problems.extend(shared.problems(&found, model.name));
    }
    problems
}

/// Whose settings a rule is held against.
struct Subject<'a> {
    overridden: &'a Overridden,
    settings: Effective<'static>,
    /// The field's; `None`: the shared consumer's.
    field: Option<usize>,
}

impl Subject<'_> {
    fn problems(&self, found: &Violations, name: &str) -> Vec<RegisterProblem> {
        let refused = &self.overridden.refused;
        found
            .iter()
            .filter(|violation| !refused.iter().any(|setting| depends(violation, *setting)))
            .map(|violation| RegisterProblem::Rule {
                subject: name.to_owned(),
                rule: violation.text.as_str().to_owned(),
                given: self.origins(violation),
            })
            .collect()
    }

    /// Where the settings that a rule speaks of are overridden.
    fn origins(&self, violation: &Violation) -> Vec<String> {
        let spoken_of = || {
            let named = [violation.at, violation.with].into_iter().flatten();
            // Its topics are named after the group, and may be what the dead letters go to.
            let more: &[_] = match violation.at {
                Some(Setting::RetryTopics) => &[Setting::GroupId, Setting::DeadLetter],
                _ => &[],
            };
            named.chain(more.iter().copied())
        };
        // What fields break together is said of the model, and not of its shared consumer alone.
        let of_several = self.field.is_none() && violation.at == Some(Setting::GroupId);
        let mut origins = Vec::new();
        for setting in spoken_of() {
            let name = setting.name();
            match self.origin(&self.settings, self.field, setting) {
                Some(origin) if !of_several => origins.push(format!("{name} comes from {origin}")),
                Some(origin) if violation.text.as_str().contains(SHARED) => {
                    origins.push(format!("{name} of the shared consumer comes from {origin}"));
                }
                None => origins.extend(self.withheld(setting)),
                Some(_) => {}
            }
        }
        let model = self.overridden.model;
        for (index, field) in model.fields.iter().enumerate() {
            let is_named = violation
                .text
                .as_str()
                .contains(&format!("`{}`", field.name));
            let is_shared = !field.is_dedicated();
            if Some(index) == self.field || !is_named {
                continue;
            }
            let settings = model.field(field);
            for setting in spoken_of() {
                if is_shared && setting == Setting::GroupId {
                    continue;
                }
                if let Some(origin) = self.origin(&settings, Some(index), setting) {
                    let (name, field) = (setting.name(), field.name);
                    origins.push(format!("{name} of `{field}` comes from {origin}"));
                }
            }
        }
        origins
    }

    fn origin(
        &self,
        settings: &Effective<'static>,
        field: Option<usize>,
        setting: Setting,
    ) -> Option<&str> {
        let (_, level) = settings.find(setting)?;
        self.overridden.origin(level, field, setting)
    }

    /// That `setting` is given for the whole process, and not for this, which has brokers or credentials of its own.
    fn withheld(&self, setting: Setting) -> Option<String> {
        let origin = self.overridden.of_process(setting)?;
        let is_missing = self.settings.find_given(setting).is_none();
        (is_security(setting) && is_missing).then(|| {
            format!(
                "the {} of {origin} is not for it, since it has brokers or credentials of its own",
                setting.name()
            )
        })
    }
}

/// How the rules call the group of the shared consumer.
const SHARED: &str = "of the shared one";

/// Whether a rule might be kept if `refused` were what it was meant to be.
fn depends(violation: &Violation, refused: Setting) -> bool {
    let Some(at) = violation.at else {
        return false;
    };
    at == refused
        || violation.with == Some(refused)
        || violation.text.as_str().contains(refused.name())
        || (is_security(at) && is_security(refused))
        || (is_of_failure(at) && is_of_failure(refused))
        || (at.spec().side == Side::Consumer && refused == Setting::GroupProtocol)
        || (at.spec().side == Side::Topic && refused.spec().side == Side::Topic)
}

/// Whether it says what becomes of a record that fails, or of its retry topics.
fn is_of_failure(setting: Setting) -> bool {
    matches!(
        setting,
        Setting::OnFailure
            | Setting::DeadLetter
            | Setting::DeadLetterLimit
            | Setting::RetryAttempts
            | Setting::RetryBackoff
            | Setting::RetryJitter
            | Setting::RetryTopics
            | Setting::Delivery
            | Setting::Order
            | Setting::GroupId
    )
}
