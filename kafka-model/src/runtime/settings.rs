//! The framework's own settings, as the runtime uses them.

use std::time::Duration;

use kafka_model_core::{Effective, Setting, rules};

/// What happens with a record that could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// Its partition stops.
    Halt,
    /// It is counted, logged and settled.
    Skip,
}

/// What keeps its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The records of a partition.
    Partition,
    /// The records of a partition with the same key.
    Key,
    /// Nothing.
    None,
}

/// What happens when a buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backpressure {
    /// The poll thread leaves the records in the client's queues.
    Pause,
    /// The records that have waited longest are dropped.
    DropOldest,
    /// The records that come are dropped.
    DropNewest,
}

/// What is promised about each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Settled after it was handled.
    AtLeastOnce,
    /// Committed before it is handled.
    AtMostOnce,
}

/// How the records of one type are processed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processing {
    pub(crate) max_buffered: usize,
    pub(crate) concurrency: usize,
    pub(crate) order: Order,
    pub(crate) backpressure: Backpressure,
    pub(crate) on_failure: OnFailure,
    pub(crate) delivery: Delivery,
    pub(crate) start_immediately: bool,
}

impl Processing {
    /// The settings in force. What is absent or unreadable has been refused by the rules; the table's
    /// own defaults stand in for it.
    pub(crate) fn of(settings: &Effective<'_>) -> Self {
        Self {
            max_buffered: number(settings, Setting::MaxBuffered),
            concurrency: number(settings, Setting::Concurrency),
            order: match settings.str(Setting::Order) {
                Some("key") => Order::Key,
                Some("none") => Order::None,
                _ => Order::Partition,
            },
            backpressure: match settings.str(Setting::Backpressure) {
                Some("drop_oldest") => Backpressure::DropOldest,
                Some("drop_newest") => Backpressure::DropNewest,
                _ => Backpressure::Pause,
            },
            on_failure: match settings.str(Setting::OnFailure) {
                Some("skip") => OnFailure::Skip,
                _ => OnFailure::Halt,
            },
            delivery: match settings.str(Setting::Delivery) {
                Some("at_most_once") => Delivery::AtMostOnce,
                _ => Delivery::AtLeastOnce,
            },
            start_immediately: settings.bool(Setting::StartImmediately),
        }
    }
}

/// The settings of one poll service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceSettings {
    pub(crate) commit_interval: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) memory_budget: usize,
    /// Zero: silent partitions are left alone.
    pub(crate) stall_timeout: Duration,
}

impl ServiceSettings {
    /// The settings in force.
    pub(crate) fn of(settings: &Effective<'_>) -> Self {
        Self {
            commit_interval: millis(settings, Setting::CommitIntervalMs),
            drain_timeout: Duration::from_millis(
                u64::try_from(rules::drain_timeout_ms(settings)).unwrap_or(0),
            ),
            memory_budget: number(settings, Setting::MemoryBudget),
            stall_timeout: millis(settings, Setting::StallTimeoutMs),
        }
    }
}

fn number(settings: &Effective<'_>, setting: Setting) -> usize {
    settings
        .int(setting)
        .and_then(|int| usize::try_from(int).ok())
        .unwrap_or(1)
        .max(1)
}

fn millis(settings: &Effective<'_>, setting: Setting) -> Duration {
    Duration::from_millis(
        settings
            .int(setting)
            .and_then(|int| u64::try_from(int).ok())
            .unwrap_or(0),
    )
}
