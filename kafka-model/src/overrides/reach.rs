//! What an override reaches.

use kafka_model_core::{
    FieldDeclaration, Given, Level, ModelDeclaration, Overrides, Setting, Side,
};

use super::address::Scope;
use crate::config::is_identity;

/// An override of a model that was read.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub(super) scope: Scope,
    pub(super) given: Given<'static>,
    /// Where it comes from.
    pub(super) origin: String,
}

/// The overrides that reach the model's shared consumer.
pub(super) fn of_shared(all: &[Override], model: &ModelDeclaration<'static>) -> Overrides<'static> {
    let is_open = |given: &Given<'static>| !is_pinned(model.given, given.setting);
    let own = select(all, Scope::Model, is_open);
    let process = select(all, Scope::Process, |given| {
        is_open(given) && !has(own, given.setting)
    });
    Overrides {
        process,
        model: own,
        field: &[],
    }
}

/// The overrides that reach the field at `index`.
///
/// Those of the whole process reach everything but a dedicated consumer's group, and its way to its brokers where it
/// has one of its own: what is said for all must not lead it to another cluster. What is given for the model or the
/// field takes the place of what is given for the process.
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
    let own_way = dedicated && has_own_way(field);
    let of_field = select(all, Scope::Field(index), |given| is_open(given.setting));
    let of_model = select(all, Scope::Model, |given| {
        let setting = given.setting;
        is_open(setting) && !(dedicated && setting == Setting::GroupId)
    });
    let process = select(all, Scope::Process, |given| {
        let setting = given.setting;
        let is_its_own =
            dedicated && setting == Setting::GroupId || own_way && is_identity(setting);
        let is_said_closer = has(of_model, setting) || has(of_field, setting);
        is_open(setting) && !is_its_own && !is_said_closer
    });
    Overrides {
        process,
        model: of_model,
        field: of_field,
    }
}

/// Whether the type or the field says itself which brokers its consumer goes to, or as whom.
fn has_own_way(field: &FieldDeclaration<'_>) -> bool {
    let own = [
        Some(field.message.given),
        field.message.dedicated,
        Some(field.given),
        field.dedicated,
    ];
    let mut given = own.into_iter().flatten().flatten();
    given.any(|given| is_identity(given.setting))
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
