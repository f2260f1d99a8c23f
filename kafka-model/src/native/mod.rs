//! The one `unsafe` module: what librdkafka offers and rdkafka does not.
//!
//! Six things are missing there. Records are read one by one, with an allocation each, so
//! [`PartitionQueue::read`] takes a whole batch. A header whose key is not UTF-8 panics, so
//! [`RawMessage::headers`] yields bytes. An asynchronous commit never says how it ended, so
//! [`CommitQueue`] gives each commit a reply. A topic's id is not told, so [`DescribeQueue`] asks for it.
//! What is allowed is not asked, nor are a client's own events served by its admin client, so [`Admin`] does both.
//! A token of OAUTHBEARER is made by whoever polls, who would be held up, so [`Supplied`] takes them from other threads.
//!
//! Why it is sound:
//! - Every queue holds a reference to its consumer, so the native client outlives the native queue
//!   (`rd_kafka_queue_destroy` before `rd_kafka_destroy`, which runs when the last reference goes).
//! - A wake-up callback gets a pointer to a `Signal` that the queue owns. librdkafka calls it with
//!   the queue's lock held, and `rd_kafka_queue_cb_event_enable(…, NULL)` takes that lock, so no
//!   call is under way once it returned, which is before the signal is freed.
//! - A [`RawMessage`] cannot outlive the closure it is lent to, and its message is destroyed after
//!   that closure, also when it panics.
//! - The thread that gives tokens has the client's pointer behind a lock, and its owner takes the pointer away under it
//!   before the client ends.
//! - No pointer is dereferenced without a check for null, and every length comes with its pointer
//!   from librdkafka.
#![allow(unsafe_code)]

mod admin;
mod client;
mod commit;
mod describe;
mod message;
mod partition;
mod queue;
mod tokens;

pub(crate) use admin::{Admin, AdminError, NewTopic, TopicResult};
pub(crate) use client::{cached_watermarks, generation, set_credentials};
#[cfg(feature = "embedded")]
pub(crate) use client::{fail_mock_requests, join_mock_groups_at_once};
pub(crate) use commit::{CommitQueue, CommitReply};
pub(crate) use describe::{Allowed, DescribeQueue, TopicFacts};
pub(crate) use message::{RawMessage, raw};
pub(crate) use partition::PartitionQueue;
pub(crate) use queue::{ConsumerQueue, Wake};
pub(crate) use tokens::{Native, Supplied, Supplier};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

fn code(error: sys::rd_kafka_resp_err_t) -> Option<RDKafkaErrorCode> {
    match error {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => None,
        error => Some(error.into()),
    }
}
