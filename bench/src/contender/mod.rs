//! The contenders: each does one run, and says what it measured.

pub mod backpressure;
mod base;
mod client;
mod drain;
mod idle;
pub mod isolation;
pub mod latency;
pub mod live;
pub mod many;
pub mod memory;
mod model;
mod produce;
pub mod publish;
mod scale;
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
    /// Consumers that have nothing to do.
    #[command(name = "run-idle", hide = true)]
    Idle(idle::Idle),
    /// A handler that is slower than the records come.
    #[command(name = "run-backpressure", hide = true)]
    Backpressure(backpressure::Backpressure),
    /// Records that are fetched while they are consumed.
    #[command(name = "run-live", hide = true)]
    Live(live::Live),
    /// Publishing.
    #[command(name = "run-publish", hide = true)]
    Publish(publish::Publish),
    /// A producer beside a contender.
    #[command(name = "run-produce", hide = true)]
    Produce(produce::Produce),
    /// Types that are as fast as they can be, beside one that is not.
    #[command(name = "run-isolation", hide = true)]
    Isolation(isolation::Isolation),
    /// What a slow handler makes a consumer hold.
    #[command(name = "run-memory", hide = true)]
    Memory(memory::Memory),
    /// Many consumers, many partitions.
    #[command(name = "run-scale", hide = true)]
    Scale(scale::Scale),
}

impl Contender {
    pub async fn run(self) -> Figures {
        match self {
            Self::Drain(drain) => drain.run().await,
            Self::Latency(latency) => latency.run().await,
            Self::Idle(idle) => idle.run().await,
            Self::Backpressure(backpressure) => backpressure.run().await,
            Self::Live(live) => live.run().await,
            Self::Publish(publish) => publish.run().await,
            Self::Produce(produce) => produce.run().await,
            Self::Isolation(isolation) => isolation.run().await,
            Self::Memory(memory) => memory.run().await,
            Self::Scale(scale) => scale.run().await,
        }
    }
}
