//! The framework's own settings, as the runtime uses them.

use std::time::Duration;

pub(crate) use kafka_model_core::failure::OnFailure;
use kafka_model_core::failure::{Backoff, Delays, Limit, on_failure};
use kafka_model_core::{Effective, Setting, rules};

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

/// What is tried before a record has failed for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// How often its handler is called, at most, each time that it is read.
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) jitter: bool,
    /// The delays of its retry topics.
    pub(crate) topics: Delays,
}

impl Retry {
    fn of(settings: &Effective<'_>) -> Self {
        let shortest = Backoff {
            min_ms: 100,
            max_ms: 10_000,
        };
        Self {
            attempts: u32::try_from(number(settings, Setting::RetryAttempts)).unwrap_or(u32::MAX),
            backoff: settings
                .str(Setting::RetryBackoff)
                .and_then(Backoff::parse)
                .unwrap_or(shortest),
            jitter: settings.bool(Setting::RetryJitter),
            topics: settings
                .str(Setting::RetryTopics)
                .and_then(Delays::parse)
                .unwrap_or(Delays::NONE),
        }
    }

    /// Whether anything is ever tried twice.
    pub(crate) fn is_any(&self) -> bool {
        self.attempts > 1 || !self.topics.is_empty()
    }
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
    pub(crate) retry: Retry,
    /// Where records go that failed for good, if `on_failure` says so.
    pub(crate) dead_letter: Option<&'static str>,
    pub(crate) dead_letter_limit: Option<Limit>,
    /// The same as it was written.
    pub(crate) dead_letter_limit_text: &'static str,
    /// How long a handler may be at work before it is taken for hung.
    pub(crate) max_handling: Duration,
}

impl Processing {
    /// The settings in force. What is absent or unreadable has been refused by the rules; the table's
    /// own defaults stand in for it.
    pub(crate) fn of(settings: &Effective<'static>) -> Self {
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
            on_failure: on_failure(settings),
            delivery: match settings.str(Setting::Delivery) {
                Some("at_most_once") => Delivery::AtMostOnce,
                _ => Delivery::AtLeastOnce,
            },
            start_immediately: settings.bool(Setting::StartImmediately),
            retry: Retry::of(settings),
            dead_letter: settings.str(Setting::DeadLetter),
            dead_letter_limit: settings
                .str(Setting::DeadLetterLimit)
                .and_then(Limit::parse),
            dead_letter_limit_text: settings.str(Setting::DeadLetterLimit).unwrap_or_default(),
            max_handling: millis(settings, Setting::MaxHandlingMs),
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
