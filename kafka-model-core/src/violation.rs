//! What a broken rule says.

use crate::setting::Setting;
use crate::text::{self, Text};

/// A rule that some settings break, and where to point.
#[derive(Clone, Copy, Debug)]
pub struct Violation {
    /// The setting to point at: the one that most likely wants changing.
    pub at: Option<Setting>,
    /// The other setting that the rule speaks of, if there is one.
    pub with: Option<Setting>,
    /// What is wrong: the setting, its value, the rule, and what to write instead.
    pub text: Text,
}

/// How many violations a [`Violations`] can hold; more are counted but not kept.
const CAPACITY: usize = 12;

/// All rules that one declaration breaks.
#[derive(Clone, Copy, Debug)]
pub struct Violations {
    found: [Option<Violation>; CAPACITY],
    len: usize,
}

impl Violations {
    /// No violation.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            found: [None; CAPACITY],
            len: 0,
        }
    }

    /// These violations and `violation`.
    #[must_use]
    pub const fn and(mut self, violation: Violation) -> Self {
        if self.len < CAPACITY {
            self.found[self.len] = Some(violation);
            self.len += 1;
        }
        self
    }

    /// These violations and, if `violation` is one, that one.
    #[must_use]
    pub const fn and_maybe(self, violation: Option<Violation>) -> Self {
        match violation {
            Some(violation) => self.and(violation),
            None => self,
        }
    }

    /// These violations and `others`.
    #[must_use]
    pub const fn and_all(mut self, others: &Self) -> Self {
        let mut i = 0;
        while i < others.len {
            self = self.and_maybe(others.found[i]);
            i += 1;
        }
        self
    }

    /// Whether every rule is kept.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many violations there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The violation at `index`, counted from 0.
    #[must_use]
    pub const fn get(&self, index: usize) -> Option<&Violation> {
        if index < self.len {
            self.found[index].as_ref()
        } else {
            None
        }
    }

    /// The violations, in the order in which the rules are checked.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.found.iter().flatten()
    }

    /// Ends the evaluation of a `const` with the texts of all violations, if there are any.
    ///
    /// # Panics
    /// If a rule is broken: in a `const`, this is a compile error that shows the texts, each behind
    /// `subject`.
    #[track_caller]
    pub const fn assert_none(&self, subject: &str) {
        if self.is_empty() {
            return;
        }
        // Room for as many as there can be.
        let mut all = Text::<{ CAPACITY * text::CAPACITY }>::empty();
        let mut i = 0;
        while i < self.len {
            if let Some(violation) = &self.found[i] {
                if i > 0 {
                    all = all.str("\n");
                }
                all = all.str(subject).str(": ").str(violation.text.as_str());
            }
            i += 1;
        }
        panic!("{}", all.as_str());
    }
}
