//! The contenders: each does one run, and says what it measured.

mod base;
mod client;
mod drain;
pub mod latency;
mod model;
mod stream;

use clap::Subcommand;

use crate::table::Figures;

#[derive(Subcommand)]
pub enum Contender {
    /// Consumes what was fetched beforehand.
    #[command(name = "run-drain", hide = true)]
    Drain(drain::Drain),
    /// From publishing to the handler.
    #[command(name = "run-latency", hide = true)]
    Latency(latency::Latency),
}

impl Contender {
    pub async fn run(self) -> Figures {
        match self {
            Self::Drain(drain) => drain.run().await,
            Self::Latency(latency) => latency.run().await,
        }
    }
}
