//! Where the framework's defaults differ from librdkafka's.

use super::{Setting, Value};
use crate::effective::Given;

/// The defaults of every consumer, below all that the user gives.
///
/// - `auto_offset_reset = "earliest"`: with librdkafka's `largest`, records that arrive on a new
///   partition before it is found are never read.
/// - `partition_assignment_strategy = "cooperative-sticky"`: a rebalance stops only the partitions
///   that move. It goes with the classic group protocol only, so it is not passed on under
///   `group_protocol = "consumer"`.
/// - `check_crcs = true`: else corrupt bytes are delivered as records.
pub const FRAMEWORK_DEFAULTS: &[Given<'static>] = &[
    Given::new(Setting::AutoOffsetReset, Value::Str("earliest")),
    Given::new(
        Setting::PartitionAssignmentStrategy,
        Value::Str("cooperative-sticky"),
    ),
    Given::new(Setting::CheckCrcs, Value::Bool(true)),
];
