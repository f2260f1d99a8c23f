//! Between the poll thread and the handlers: bounded buffers, and who may go next. No rdkafka here.

mod batch_worker;
mod buffer;
mod delayed;
mod hand;
mod handling;
#[cfg(test)]
mod model;
mod partition;
mod presence;
mod room;
mod schedule;
mod worker;

pub(crate) use batch_worker::BatchWorker;
pub(crate) use buffer::{Buffer, Work};
pub(crate) use handling::{Handling, Hung, tick};
pub(crate) use partition::{Halt, Partition, Running};
pub(crate) use schedule::{LaneKey, Place};
pub(crate) use worker::{Consume, Worker, acknowledge, succeed};
