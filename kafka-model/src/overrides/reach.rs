//! What an override reaches.

use kafka_model_core::{Given, Level, ModelDeclaration, Overrides, Setting, Side};

use super::address::Scope;
use crate::config::is_security;

/// An override of a model that was read.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub(super) scope: Scope,
    pub(super) given: Given<'static>,
    /// Where it comes from.
    pub(super) origin: String,
}

/// The overrides that reach the model's shared consumer.
///
/// Those of the whole process do not reach its brokers and credentials where the model has its own ([`Own`]).
pub(super) fn of_shared(all: &[Override], model: &ModelDeclaration<'static>) -> Overrides<'static> {
    let is_open = |given: &Given<'static>| !is_pinned(model.given, given.setting);
    let own = Own::of_model(all, model);
    let of_model = select(all, Scope::Model, is_open);
    let process = select(all, Scope::Process, |given| {
        let setting = given.setting;
        is_open(given) && !own.has(setting) && !has(of_model, setting)
    });
    Overrides {
        process,
        model: of_model,
        field: &[],
    }
}

/// The overrides that reach the field at `index`.
///
/// Those of the whole process reach everything but a dedicated consumer's group, and its brokers and credentials where
/// it, or the model, has its own ([`Own`]). What is given for the model or the field takes the place of what is given for the process.
pub(super) fn of_field(
    all: &[Override],
    model: &ModelDeclaration<'static>,
    index: usize,
) -> Overrides<'static> {
    let field = &model.fields[index];
    let declared = model.declared(field);
    let is_open = |setting| {
        !declared
            .find_entry(setting)
            .is_some_and(|(given, _)| given.pinned)
    };
    let dedicated = field.is_dedicated();
    let own = if dedicated {
        Own::of_field(all, model, index)
    } else {
        Own::of_model(all, model)
    };
    let of_field = select(all, Scope::Field(index), |given| is_open(given.setting));
    let of_model = select(all, Scope::Model, |given| {
        let setting = given.setting;
        is_open(setting) && !(dedicated && setting == Setting::GroupId)
    });
    let process = select(all, Scope::Process, |given| {
        let setting = given.setting;
        let is_its_own = (dedicated && setting == Setting::GroupId) || own.has(setting);
        let is_said_closer = has(of_model, setting) || has(of_field, setting);
        is_open(setting) && !is_its_own && !is_said_closer
    });
    Overrides {
        process,
        model: of_model,
        field: of_field,
    }
}

/// What is said of the way to the brokers closer than for the whole process.
struct Own {
    brokers: bool,
    security: bool,
}

impl Own {
    /// What the model has of its own. What its attributes say is the default of the process; but brokers that they pin
    /// are not those of the process.
    fn of_model(all: &[Override], model: &ModelDeclaration<'static>) -> Self {
        let overridden = || settings(all, Scope::Model);
        Self {
            brokers: overridden().any(|setting| setting == Setting::BootstrapServers)
                || is_pinned(model.given, Setting::BootstrapServers),
            security: overridden().any(is_security),
        }
    }

    /// What the dedicated consumer of the field at `index` has of its own, or takes from what the model has.
    fn of_field(all: &[Override], model: &ModelDeclaration<'static>, index: usize) -> Self {
        let field = &model.fields[index];
        let levels = [
            Some(field.message.given),
            field.message.dedicated,
            Some(field.given),
            field.dedicated,
        ];
        let given = || {
            let declared = levels.into_iter().flatten().flatten();
            declared
                .map(|given| given.setting)
                .chain(settings(all, Scope::Field(index)))
        };
        let of_model = Self::of_model(all, model);
        Self {
            brokers: of_model.brokers
                || given().any(|setting| setting == Setting::BootstrapServers),
            security: of_model.security || given().any(is_security),
        }
    }

    /// Whether what is said for the whole process is not for it. Brokers of its own are another cluster, which what is
    /// said for all must not lead away from, and to which others' credentials must not be sent. Credentials of its own
    /// are not to be mixed with others; the brokers may be those of all.
    fn has(&self, setting: Setting) -> bool {
        if setting == Setting::BootstrapServers {
            self.brokers
        } else {
            is_security(setting) && (self.brokers || self.security)
        }
    }
}

/// What is overridden at `scope`.
fn settings(all: &[Override], scope: Scope) -> impl Iterator<Item = Setting> {
    all.iter()
        .filter(move |over| over.scope == scope)
        .map(|over| over.given.setting)
}

fn select(
    all: &[Override],
    scope: Scope,
    which: impl Fn(&Given<'static>) -> bool,
) -> &'static [Given<'static>] {
    let selected: Vec<_> = all
        .iter()
        .filter(|over| over.scope == scope && which(&over.given))
        .map(|over| over.given)
        .collect();
    // As long as the process lives, as all settings do.
    selected.leak()
}

fn has(given: &[Given<'_>], setting: Setting) -> bool {
    given.iter().any(|given| given.setting == setting)
}

fn is_pinned(given: &[Given<'_>], setting: Setting) -> bool {
    given
        .iter()
        .any(|given| given.setting == setting && given.pinned)
}

/// Why `setting` cannot be overridden at `scope`, if it cannot.
pub(super) fn refuse(
    scope: Scope,
    setting: Setting,
    model: &ModelDeclaration<'static>,
) -> Option<String> {
    let name = setting.name();
    let pinned = |level: Level| {
        format!(
            "`{name}` is pinned by {}, so that no override changes it: leave it out, or remove it from `pinned(...)`",
            level.describe()
        )
    };
    match scope {
        Scope::Process => None,
        Scope::Model => is_pinned(model.given, setting).then(|| pinned(Level::Model)),
        Scope::Field(index) => {
            let field = &model.fields[index];
            let side = setting.spec().side;
            if let Some((given, level)) = model.declared(field).find_entry(setting)
                && given.pinned
            {
                return Some(pinned(level));
            }
            if field.publish_only && side != Side::Topic {
                return Some(format!(
                    "`{name}` has no effect on `{}`, which is only published to: leave it out",
                    field.name
                ));
            }
            if !field.is_dedicated() && side.is_connection() {
                let what = match side {
                    Side::Service => "a poll service",
                    _ => "a consumer connection",
                };
                return Some(format!(
                    "`{name}` configures {what}, but `{}` shares its consumer: override it for the whole model, \
                     without the field's name",
                    field.name
                ));
            }
            None
        }
    }
}
