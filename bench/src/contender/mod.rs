//! The contenders: each does one run, and says what it measured.

mod base;
mod client;
mod drain;
mod model;
mod stream;

use clap::Subcommand;

use crate::table::Figures;

#[derive(Subcommand)]
pub enum Contender {
    /// Consumes what was fetched beforehand.
    #[command(name = "run-drain", hide = true)]
    Drain(drain::Drain),
}

impl Contender {
    pub async fn run(self) -> Figures {
        match self {
            Self::Drain(drain) => drain.run().await,
        }
    }
}
