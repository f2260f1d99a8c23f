//! What kafka-model costs, beside what one would write or use instead; see README.md.
//!
//! A *scenario* runs its contenders in turn, again and again, each in a process of its own, and prints a table of
//! what they measured and the ratios of this one run. A *contender* does one of these runs.

mod broker;
mod contender;
mod machine;
mod message;
mod run;
mod scenario;
mod table;

use clap::Parser;

/// Measures kafka-model against what one would write or use instead.
#[derive(Parser)]
enum Command {
    /// One run of one contender; what it measured is the last line of its output, as JSON.
    #[command(flatten)]
    Contender(contender::Contender),
    #[command(flatten)]
    Scenario(scenario::Scenario),
}

#[tokio::main]
async fn main() {
    match Command::parse() {
        Command::Contender(contender) => println!("{}", contender.run().await.to_line()),
        Command::Scenario(scenario) => scenario.run().await,
    }
}
