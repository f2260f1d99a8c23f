//! The scenarios: which contenders, with what, and what is shown of them.

mod backpressure;
mod compile;
mod drain;
mod idle;
mod instructions;
mod isolation;
mod latency;
mod live;
mod memory;
mod publish;
mod scale;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Scenario {
    /// Records that were fetched beforehand: what the loop itself costs.
    Drain(drain::Options),
    /// The instructions of a record's way, held against those that were written down: needs valgrind.
    Instructions(instructions::Options),
    /// From publishing a record to its handler.
    Latency(latency::Options),
    /// What consumers cost that have nothing to do.
    Idle(idle::Options),
    /// A handler that is slower than the records come.
    Backpressure(backpressure::Options),
    /// Records that are fetched while they are consumed.
    Live(live::Options),
    /// Publishing.
    Publish(publish::Options),
    /// Types that are as fast as they can be, beside one that is not.
    Isolation(isolation::Options),
    /// What a slow handler makes a consumer hold.
    Memory(memory::Options),
    /// Many consumers, many partitions.
    Scale(scale::Options),
    /// What many message types cost the compiler.
    Compile(compile::Options),
}

impl Scenario {
    pub async fn run(self) {
        match self {
            Self::Drain(options) => drain::run(&options).await,
            Self::Instructions(options) => instructions::run(&options).await,
            Self::Latency(options) => latency::run(&options).await,
            Self::Idle(options) => idle::run(&options).await,
            Self::Backpressure(options) => backpressure::run(&options).await,
            Self::Live(options) => live::run(&options).await,
            Self::Publish(options) => publish::run(&options).await,
            Self::Isolation(options) => isolation::run(&options).await,
            Self::Memory(options) => memory::run(&options).await,
            Self::Scale(options) => scale::run(&options).await,
            Self::Compile(options) => compile::run(&options).await,
        }
    }
}
