//! Consuming what was fetched beforehand.

use std::time::Instant;

use clap::{Args, ValueEnum};

use super::client::Client;
use super::{base, model, stream};
use crate::machine;
use crate::message::Event;
use crate::table::Figures;

#[derive(Args, Clone, Debug)]
pub struct Drain {
    pub who: Who,
    #[command(flatten)]
    pub client: Client,
    /// How many records there are.
    #[arg(long)]
    pub records: u64,
    /// What is done with each.
    #[arg(long, default_value = "nothing")]
    pub handler: Handler,
    /// Do not decode.
    #[arg(long)]
    pub raw: bool,
}

/// How they are consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Who {
    Stream,
    StreamStore,
    StreamCommit,
    Base,
    BaseStore,
    Shared,
    Dedicated,
    Key,
    None,
    Batch,
}

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Handler {
    Nothing,
    /// Let others go on, once.
    Yield,
}

impl Handler {
    pub async fn handle(self, event: Event) {
        std::hint::black_box(&event);
        self.finish().await;
    }

    /// What is done after a record was looked at.
    pub async fn finish(self) {
        match self {
            Self::Nothing => {}
            Self::Yield => tokio::task::yield_now().await,
        }
    }
}

/// A time that is taken.
pub struct Stopwatch {
    start: Instant,
    cpu: std::time::Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self {
            cpu: machine::cpu(),
            start: Instant::now(),
        }
    }

    pub fn figures(&self, records: u64) -> Figures {
        let seconds = self.start.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let records = records as f64;
        let cpu = machine::cpu().saturating_sub(self.cpu).as_secs_f64();
        Figures::default()
            .with("rate", records / seconds)
            .with("krate", records / seconds / 1_000.0)
            .with("cpu_ns", cpu * 1e9 / records)
            .with("seconds", seconds)
    }
}

impl Drain {
    pub async fn run(self) -> Figures {
        match self.who {
            Who::Stream => stream::drain(&self, stream::Offsets::Nothing).await,
            Who::StreamStore => stream::drain(&self, stream::Offsets::Store).await,
            Who::StreamCommit => stream::drain(&self, stream::Offsets::Commit).await,
            Who::Base => base::drain(&self, false).await,
            Who::BaseStore => base::drain(&self, true).await,
            Who::Shared => model::drain(&self, "shared").await,
            Who::Key => model::drain(&self, "key").await,
            Who::None => model::drain(&self, "none").await,
            Who::Dedicated => model::drain_dedicated(&self).await,
            Who::Batch => model::drain_batches(&self).await,
        }
    }
}
