//! The model of the quickstart: two dedicated types and one that shares.
#![deny(warnings, missing_docs, clippy::pedantic)]

use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

/// Few and urgent: its own consumer, a small buffer.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "critical-alerts", key = service)]
#[kafka(dedicated(
    group_id = "critical-alerts",
    session_timeout_ms = "6s",
    max_poll_interval_ms = "10s",
    max_buffered = 100
))]
pub struct CriticalAlert {
    /// The service that the alert is about.
    pub service: String,
    /// What happened.
    pub text: String,
}

/// Many and patient: its own consumer, a large buffer, large fetches.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "bulk-data",
    dedicated(
        group_id = "bulk-processor",
        max_buffered = 10_000,
        fetch_max_bytes = "50MiB"
    )
)]
pub struct BulkDataEvent {
    /// Its number.
    pub id: u64,
    /// Its data.
    pub body: String,
}

/// No `dedicated(...)`: it rides on the shared consumer.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "regular-events", max_buffered = 1_000)]
pub struct RegularEvent {
    /// Its number.
    pub id: u64,
}

/// What this service consumes.
#[derive(Debug, KafkaModel)]
#[kafka(
    group_id = "monitoring",
    auto_offset_reset = "earliest",
    max_poll_interval_ms = "5m"
)]
pub struct Monitoring {
    /// The alerts.
    pub alerts: Topic<CriticalAlert>,
    /// The bulk data.
    pub bulk: Topic<BulkDataEvent>,
    /// All else.
    #[kafka(max_buffered = 500)]
    pub regular: Topic<RegularEvent>,
}

/// The model, registered.
///
/// # Errors
/// If it cannot be.
pub fn registered(kafka: &Kafka) -> Result<Monitoring, Error> {
    Monitoring::register_all(kafka)
}

fn main() {
    let alert = CriticalAlert {
        service: "billing".to_owned(),
        text: "late".to_owned(),
    };
    assert_eq!(alert.key().as_deref(), Some(b"billing".as_slice()));
    assert_eq!(CriticalAlert::DECLARATION.topic, "critical-alerts");
    assert_eq!(Monitoring::DECLARATION.fields.len(), 3);
}
