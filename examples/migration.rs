//! From a shared to a dedicated consumer, in two releases of one service, and what it costs.
//!
//! A group's committed offsets are its own. So the new group of a dedicated consumer begins where
//! `auto_offset_reset` says: at the start of the topic, which is what this example shows, or behind its
//! end. To go on exactly where the shared consumer stopped, copy its offsets to the new group first; the
//! guide `docs/dedicated-connections.md` has the commands.

use std::error::Error;
use std::time::Duration;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{Kafka, Topic};

const SOON: Duration = Duration::from_secs(20);

/// The first release: all types share one consumer.
mod before {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "my-events", max_buffered = 5_000)]
    pub(crate) struct MyEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "my-service")]
    pub(crate) struct Service {
        pub(crate) events: Topic<MyEvent>,
    }
}

/// The second release: the attribute of one type has changed, and nothing else.
mod after {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "my-events")]
    #[kafka(dedicated(group_id = "my-event-dedicated", max_buffered = 5_000))]
    pub(crate) struct MyEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "my-service")]
    pub(crate) struct Service {
        pub(crate) events: Topic<MyEvent>,
    }
}

/// The same for one service only: the type stays as it is, the service's own field says `dedicated`.
mod on_the_field {
    use super::before::MyEvent;
    use kafka_model::{KafkaModel, Topic};

    #[derive(KafkaModel)]
    pub(crate) struct Service {
        #[kafka(dedicated(group_id = "my-service-my-events"))]
        pub(crate) events: Topic<MyEvent>,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    broker.create_topic("my-events", 3)?;

    let kafka = broker.kafka();
    let service = before::Service::register_all(&kafka)?;
    service.events.handle(async |_: before::MyEvent| ())?;
    let running = kafka.start().await?;
    for id in 0..100 {
        service.events.publish(&before::MyEvent { id }).await?;
    }
    report("before: shared", &kafka, &service.events, 100).await?;
    running.shutdown().await;

    let kafka = broker.kafka();
    let service = after::Service::register_all(&kafka)?;
    service
        .events
        .handle(async |event: after::MyEvent| assert!(event.id < 200))?;
    let running = kafka.start().await?;
    for id in 100..200 {
        service.events.publish(&after::MyEvent { id }).await?;
    }
    // The new group begins at the start of the topic: it gets the first hundred again.
    report("after: dedicated", &kafka, &service.events, 200).await?;
    running.shutdown().await;

    let kafka = broker.kafka();
    let service = on_the_field::Service::register_all(&kafka)?;
    service
        .events
        .handle(async |event: before::MyEvent| assert!(event.id < 200))?;
    let running = kafka.start().await?;
    report("dedicated on the field", &kafka, &service.events, 200).await?;
    running.shutdown().await;
    Ok(())
}

/// Waits until so many records are handled, and says who handled them.
async fn report<T: kafka_model::KafkaMessage>(
    release: &str,
    kafka: &Kafka,
    events: &Topic<T>,
    records: u64,
) -> Result<(), String> {
    let status = events
        .wait_until(SOON, |events| events.handled == records)
        .await;
    let handled = status.ok_or("not handled in time")?.handled;
    for service in kafka.status().services {
        println!(
            "{release}: {handled} handled by {} in group {}",
            service.service, service.group
        );
    }
    Ok(())
}
