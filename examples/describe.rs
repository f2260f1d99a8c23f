//! What a model is in one environment: each setting that is not a default, and where it comes from.
//!
//! `cargo run --example describe`, or with something changed for this environment:
//! `KAFKA_MONITORING__REGULAR__CONCURRENCY=32 cargo run --example describe`. Nothing is connected.

use std::error::Error;

use kafka_model::{Kafka, KafkaMessage, KafkaModel, SettingValue, Topic};
use serde::{Deserialize, Serialize};

/// Its order is not for operations to change.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "critical-alerts", key = service, pinned(order = "key"))]
#[kafka(dedicated(
    group_id = "critical-alerts",
    session_timeout_ms = "6s",
    max_buffered = 100
))]
struct CriticalAlert {
    service: String,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "regular-events", max_buffered = 1_000)]
struct RegularEvent {
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "audit")]
struct Audit {
    text: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "monitoring", max_poll_interval_ms = "5m")]
#[allow(dead_code, reason = "nothing is handled here")]
struct Monitoring {
    alerts: Topic<CriticalAlert>,
    #[kafka(max_buffered = 500, retry(attempts = 5))]
    regular: Topic<RegularEvent>,
    #[kafka(publish_only)]
    audit: Topic<Audit>,
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", Monitoring::describe(&kafka())?);
    Ok(())
}

/// What differs in this environment, weakest first: the code, a file, and the environment.
fn kafka() -> Kafka {
    Kafka::builder()
        .bootstrap_servers("localhost:9092")
        .set("monitoring.alerts.drain_timeout_ms", "5s")
        .set(
            "monitoring.alerts.client_id",
            SettingValue::file("/etc/hostname"),
        )
        .settings_file("examples/describe.toml") // from the root of the repository
        .environment("KAFKA_")
        .build()
}
