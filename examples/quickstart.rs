//! Three kinds of messages in one service: two have a consumer of their own, one shares.
//!
//! It needs nothing but this repository: the broker is inside the process. For a real one, set
//! `KAFKA_BOOTSTRAP_SERVERS=localhost:9092`. If that broker does not create topics by itself, this says
//! which ones it misses, and with what command they are created.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{Kafka, KafkaMessage, KafkaModel, PublishError, Record, Topic};
use kafka_model_examples::Progress;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// Few and urgent: its own consumer, a small buffer.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "critical-alerts", key = service)]
#[kafka(dedicated(
    group_id = "critical-alerts",
    session_timeout_ms = "6s",
    max_poll_interval_ms = "10s",
    max_buffered = 100
))]
struct CriticalAlert {
    service: String,
    text: String,
}

/// Many and patient: its own consumer, a large buffer, large fetches.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bulk-data")]
#[kafka(dedicated(
    group_id = "bulk-processor",
    max_buffered = 10_000,
    fetch_max_bytes = "50MiB"
))]
struct BulkDataEvent {
    id: u64,
    body: String,
}

/// No `dedicated(...)`: it rides on the shared consumer.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "regular-events", max_buffered = 1_000)]
struct RegularEvent {
    id: u64,
}

/// What this service consumes; its own `#[kafka(...)]` configures the shared consumer.
#[derive(KafkaModel)]
#[kafka(group_id = "monitoring", max_poll_interval_ms = "5m")]
struct Monitoring {
    alerts: Topic<CriticalAlert>,
    bulk: Topic<BulkDataEvent>,
    #[kafka(max_buffered = 500)] // this service's word over the message's own
    regular: Topic<RegularEvent>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?; // in this process, unless there is a real one
    for topic in ["critical-alerts", "bulk-data", "regular-events"] {
        broker.create_topic(topic, 4)?;
    }
    let kafka = match std::env::var_os("KAFKA_BOOTSTRAP_SERVERS") {
        None => broker.kafka(),
        Some(_) => Kafka::from_env()?,
    };

    let monitoring = Monitoring::register_all(&kafka)?; // generated; nothing is connected yet
    monitoring.alerts.handle(page_on_call)?;
    monitoring.bulk.handle(store)?;
    monitoring.regular.handle(async |event: RegularEvent| {
        NEWEST.fetch_max(event.id, Ordering::Relaxed);
    })?;

    // A service would end with `kafka.run().await`; this one runs until everything is handled.
    let progress = Progress::of(&kafka);
    let mut done = Ok(());
    let work = async { done = progress.watch(publish_all(&monitoring, &progress)).await };
    kafka.run_until(work).await?; // then it drains, commits, and leaves the groups
    progress.print_table();
    done
}

/// A handler takes the message, or a `Record` with its key, headers, offset and timestamp.
async fn page_on_call(alert: Record<CriticalAlert>) -> io::Result<()> {
    assert_eq!(alert.key(), Some(alert.service.as_bytes()));
    sleep(Duration::from_millis(1)).await; // a call to the pager
    Ok(())
}

/// After `Ok` the offset may be committed; after `Err` the partition halts, and nothing else does.
async fn store(event: BulkDataEvent) -> io::Result<()> {
    if event.id.is_multiple_of(20) {
        sleep(Duration::from_millis(20)).await; // a flush to the disk
    }
    Ok(())
}

static NEWEST: AtomicU64 = AtomicU64::new(0);
const EVENTS: u64 = 5_000;

async fn publish_all(model: &Monitoring, progress: &Progress) -> Result<(), PublishError> {
    let alerts = (0..EVENTS / 2).map(|i| CriticalAlert {
        service: format!("service-{}", i % 50),
        text: format!("disk {i} is full"),
    });
    let bulk = (0..EVENTS).map(|id| BulkDataEvent {
        id,
        body: "x".repeat(500),
    });
    let regular = (0..EVENTS).map(|id| RegularEvent { id });
    tokio::try_join!(
        publish(&model.alerts, alerts, progress),
        publish(&model.bulk, bulk, progress),
        publish(&model.regular, regular, progress),
    )?;
    Ok(())
}

/// Publishes messages; up to 500 at once wait for the broker's acknowledgement.
async fn publish<T: KafkaMessage>(
    topic: &Topic<T>,
    messages: impl Iterator<Item = T>,
    progress: &Progress,
) -> Result<(), PublishError> {
    stream::iter(messages)
        .map(async |message| topic.publish(&message).await)
        .buffer_unordered(500)
        .try_for_each(async |at| {
            progress.published(topic.name(), at);
            Ok(())
        })
        .await
}
