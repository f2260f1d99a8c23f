//! What librdkafka calls back: events are noted here, and dealt with by the session.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

use super::complaints::Complaints;
use crate::runtime::ServiceState;

/// What the group asks of this member.
pub(crate) enum Rebalance {
    /// Take these partitions.
    Assign(TopicPartitionList),
    /// Give these partitions up.
    Revoke(TopicPartitionList),
    /// The rebalance failed, for this reason; librdkafka wants its assignment cleared.
    Failed(RDKafkaErrorCode),
}

impl Rebalance {
    /// Tells the client that it is done. The group waits for this answer, and so does a close.
    pub(crate) fn answer(&self, consumer: &BaseConsumer<Context>) -> KafkaResult<()> {
        let cooperative = matches!(
            consumer.rebalance_protocol(),
            RebalanceProtocol::Cooperative
        );
        match self {
            Self::Assign(partitions) if cooperative => consumer.incremental_assign(partitions),
            Self::Assign(partitions) => consumer.assign(partitions),
            Self::Revoke(partitions) if cooperative => consumer.incremental_unassign(partitions),
            Self::Revoke(_) | Self::Failed(_) => consumer.unassign(),
        }
    }
}

/// The context of one client.
pub(crate) struct Context {
    service: Arc<ServiceState>,
    rebalances: Mutex<VecDeque<Rebalance>>,
    complaints: Complaints,
    closing: AtomicBool,
}

impl Context {
    pub(crate) fn new(service: Arc<ServiceState>) -> Self {
        Self {
            service,
            rebalances: Mutex::default(),
            complaints: Complaints::default(),
            closing: AtomicBool::new(false),
        }
    }

    /// The next thing the group asks for.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    /// Whether the group waits for partitions to be given up, and has not been served yet.
    pub(crate) fn is_asked_to_revoke(&self) -> bool {
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|rebalance| matches!(rebalance, Rebalance::Revoke(_)))
    }

    /// From now on, the group is answered at once, beginning with what it has already asked: `consumer`
    /// is about to be closed.
    pub(crate) fn close(&self, consumer: &BaseConsumer<Self>) {
        self.closing.store(true, Ordering::SeqCst);
        while let Some(rebalance) = self.next_rebalance() {
            self.answer(consumer, &rebalance);
        }
    }

    fn answer(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance) {
        if let Err(error) = rebalance.answer(consumer) {
            tracing::warn!(service = %self.service.name, %error, "a rebalance while closing failed");
        }
    }

    /// The last thing that the client complained about, once.
    pub(crate) fn take_complaint(&self) -> Option<String> {
        self.complaints.take()
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(&self.service.name, level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        let fetched = statistics
            .topics
            .values()
            .flat_map(|topic| topic.partitions.values())
            .map(|partition| partition.rxbytes)
            .sum();
        self.service.set_fetched(fetched);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complaints.note(&self.service.name, &error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let rebalance = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                Rebalance::Assign(partitions.clone())
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                Rebalance::Revoke(partitions.clone())
            }
            other => Rebalance::Failed(other.into()),
        };
        if self.closing.load(Ordering::SeqCst) {
            self.answer(consumer, &rebalance);
            return;
        }
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(rebalance);
    }
}

/// Passes a log line of librdkafka on to tracing.
pub(crate) fn log(client: &str, level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", client, facility, "{message}");
        }
        RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "librdkafka", client, facility, "{message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", client, facility, "{message}");
        }
        RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", client, facility, "{message}");
        }
    }
}
