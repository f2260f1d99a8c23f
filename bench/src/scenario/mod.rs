//! The scenarios: which contenders, with what, and what is shown of them.

mod drain;
mod instructions;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Scenario {
    /// Records that were fetched beforehand: what the loop itself costs.
    Drain(drain::Options),
    /// The instructions of a record's way, held against those that were written down: needs valgrind.
    Instructions(instructions::Options),
}

impl Scenario {
    pub async fn run(self) {
        match self {
            Self::Drain(options) => drain::run(&options).await,
            Self::Instructions(options) => instructions::run(&options).await,
        }
    }
}
