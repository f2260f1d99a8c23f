//! Says from a history alone which promises were broken.
//!
//! It knows nothing of the runtime. Each file holds the rules of one subject; each rule has a name by which a
//! verdict, and the tests of planted bugs, refer to it.

mod commits;
mod duplicates;
mod order;
mod owners;
mod progress;
mod records;
mod services;
#[cfg(test)]
mod testing;
mod validity;

use std::collections::BTreeMap;
use std::fmt;

use super::clock::Nanos;
use super::history::History;

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Each acknowledged record is settled or in the dead-letter topic.
    Lost,
    /// Nothing is handled or dead-lettered that was not sent.
    Invented,
    /// What is handled is what was sent, byte for byte.
    Altered,
    /// Nothing is committed that is not settled.
    CommittedTooMuch,
    /// Committed offsets never go back.
    WentBack,
    /// Each record is handled after all before it with the same partition or key are settled.
    Order,
    /// A partition has one owner at a time, but after an ungraceful fault.
    Owners,
    /// Nothing is handled again without a cause, nor more than the cause explains.
    Duplicate,
    /// Each partition is handled to its end.
    Lag,
    /// No partition with waiting records stands still.
    Stall,
    /// Services stay within their memory.
    Memory,
    /// A shutdown ends in time, and cleanly where nothing is broken.
    Shutdown,
    /// No service ends by itself.
    Died,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Invented => "invented",
            Self::Altered => "altered",
            Self::CommittedTooMuch => "committed-too-much",
            Self::WentBack => "went-back",
            Self::Order => "order",
            Self::Owners => "owners",
            Self::Duplicate => "duplicate",
            Self::Lag => "lag",
            Self::Stall => "stall",
            Self::Memory => "memory",
            Self::Shutdown => "shutdown",
            Self::Died => "died",
        })
    }
}

/// What the checker found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// How often each rule was broken, with the first cases in words.
    pub broken: BTreeMap<Rule, Broken>,
    /// Why the run proves nothing.
    pub invalid: Vec<String>,
    /// How many handlings came again, by cause.
    pub duplicates: BTreeMap<String, u64>,
    /// How many commits were taken after later ones.
    pub late_commits: u64,
    /// The longest time that a partition with waiting records stood still, and where and when.
    pub longest_stall: (Nanos, String),
    /// How long after the end of each fault every partition was handled again, by its number.
    pub recovery: BTreeMap<u32, Nanos>,
}

/// How a rule was broken.
#[derive(Clone, Debug, Default)]
pub struct Broken {
    /// How often.
    pub times: u64,
    /// The first cases.
    pub cases: Vec<String>,
}

/// What is said of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was kept, and was put to the test.
    Pass,
    /// A promise was broken.
    Fail,
    /// Nothing was broken, but that proves nothing.
    Invalid,
}

impl Findings {
    /// The verdict. What was broken counts also in a run that proves nothing else.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.broken.is_empty() {
            Verdict::Fail
        } else if self.invalid.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Invalid
        }
    }

    /// How often a rule was broken.
    #[must_use]
    pub fn times(&self, rule: Rule) -> u64 {
        self.broken.get(&rule).map_or(0, |broken| broken.times)
    }

    fn broke(&mut self, rule: Rule, case: impl FnOnce() -> String) {
        let broken = self.broken.entry(rule).or_default();
        broken.times += 1;
        if broken.cases.len() < 5 {
            broken.cases.push(case());
        }
    }

    fn duplicate(&mut self, cause: &str) {
        *self.duplicates.entry(cause.to_owned()).or_default() += 1;
    }
}

/// Checks a history.
#[must_use]
pub fn check(history: &History) -> Findings {
    let mut findings = Findings::default();
    validity::check(history, &mut findings);
    records::check(history, &mut findings);
    commits::check(history, &mut findings);
    order::check(history, &mut findings);
    owners::check(history, &mut findings);
    duplicates::check(history, &mut findings);
    progress::check(history, &mut findings);
    services::check(history, &mut findings);
    findings
}
