//! Small models for each use of dedicated consumers: the guide `docs/dedicated-connections.md` refers to
//! them. They are registered with an embedded broker, and their consumers are listed.

use kafka_model::Kafka;
use kafka_model::embedded::EmbeddedKafka;

/// The shared and the dedicated consumer take the same settings.
mod same_settings {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "events")]
    pub(crate) struct Event {
        pub(crate) id: u64,
    }

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "own-events")]
    #[kafka(dedicated(group_id = "my-dedicated-group", max_poll_interval_ms = 300_000))]
    pub(crate) struct OwnEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "my-group", max_poll_interval_ms = 300_000)]
    pub(crate) struct Service {
        pub(crate) events: Topic<Event>,
        pub(crate) own: Topic<OwnEvent>,
    }
}

/// A group of its own, started at once.
mod basic {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "orders")]
    #[kafka(dedicated(group_id = "order-processing-dedicated", start_immediately = true))]
    pub(crate) struct OrderCreated {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    pub(crate) struct Orders {
        pub(crate) orders: Topic<OrderCreated>,
    }
}

/// Timeouts, the place to begin, the buffer and what happens when it is full.
mod advanced {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "high-volume-events")]
    #[kafka(dedicated(
        group_id = "high-volume-dedicated",
        max_poll_interval_ms = 300_000,
        session_timeout_ms = 45_000,
        auto_offset_reset = "latest",
        max_buffered = 50_000,
        backpressure = "pause"
    ))]
    pub(crate) struct HighVolumeEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    pub(crate) struct HighVolume {
        pub(crate) events: Topic<HighVolumeEvent>,
    }
}

/// Two dedicated consumers and a shared one.
mod multiple {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    /// A `max_poll_interval_ms` of ten seconds needs a session timeout that is not above it; the default
    /// is 45 seconds. Without `session_timeout_ms` this does not compile.
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "critical-alerts")]
    #[kafka(dedicated(
        group_id = "critical-alerts",
        session_timeout_ms = 6_000,
        max_poll_interval_ms = 10_000,
        max_buffered = 100
    ))]
    pub(crate) struct CriticalAlert {
        pub(crate) text: String,
    }

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "bulk-data")]
    #[kafka(dedicated(
        group_id = "bulk-processor",
        max_poll_interval_ms = 300_000,
        max_buffered = 10_000,
        fetch_max_bytes = "50MiB"
    ))]
    pub(crate) struct BulkDataEvent {
        pub(crate) id: u64,
    }

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "regular-events", max_buffered = 1_000)]
    pub(crate) struct RegularEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "multiple")]
    pub(crate) struct Multiple {
        pub(crate) alerts: Topic<CriticalAlert>,
        pub(crate) bulk: Topic<BulkDataEvent>,
        pub(crate) regular: Topic<RegularEvent>,
    }
}

/// Credentials of its own. They are read when the model is registered and when the consumer connects.
#[cfg(feature = "ssl")]
mod security {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "secure-events")]
    #[kafka(dedicated(
        group_id = "secure-events",
        security_protocol = "sasl_ssl",
        sasl_mechanism = "PLAIN",
        sasl_username = "secure-user",
        sasl_password = env("SECURE_EVENTS_PASSWORD"),
        ssl_ca_location = "/path/to/ca-cert"
    ))]
    pub(crate) struct SecureEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    pub(crate) struct Secure {
        pub(crate) events: Topic<SecureEvent>,
    }
}

/// Before and after a type gets a consumer of its own; the example `migration` runs them.
mod migration {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "my-events-before", max_buffered = 5_000)]
    pub(crate) struct Before {
        pub(crate) id: u64,
    }

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "my-events-after")]
    #[kafka(dedicated(group_id = "my-event-dedicated", max_buffered = 5_000))]
    pub(crate) struct After {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "my-service")]
    pub(crate) struct Service {
        pub(crate) before: Topic<Before>,
        pub(crate) after: Topic<After>,
    }
}

/// The client's own log of what it does, as `tracing` events of the target `librdkafka`.
mod debugging {
    use kafka_model::{KafkaMessage, KafkaModel, Topic};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "debugged-events")]
    #[kafka(dedicated(group_id = "debugged-events", debug = "consumer,cgrp,topic,fetch"))]
    pub(crate) struct DebuggedEvent {
        pub(crate) id: u64,
    }

    #[derive(KafkaModel)]
    pub(crate) struct Debugged {
        pub(crate) events: Topic<DebuggedEvent>,
    }
}

fn main() -> Result<(), kafka_model::Error> {
    let broker = EmbeddedKafka::start()?;
    let kafka: Kafka = broker.kafka();
    let same = same_settings::Service::register_all(&kafka)?;
    let basic = basic::Orders::register_all(&kafka)?;
    let advanced = advanced::HighVolume::register_all(&kafka)?;
    let multiple = multiple::Multiple::register_all(&kafka)?;
    let migration = migration::Service::register_all(&kafka)?;
    let debugging = debugging::Debugged::register_all(&kafka)?;
    #[cfg(feature = "ssl")]
    let secure = security::Secure::register_all(&kafka)?;

    for topic in [
        same.events.name(),
        same.own.name(),
        basic.orders.name(),
        advanced.events.name(),
    ] {
        println!("registered {topic}");
    }
    for topic in [
        multiple.alerts.name(),
        multiple.bulk.name(),
        multiple.regular.name(),
    ] {
        println!("registered {topic}");
    }
    for topic in [
        migration.before.name(),
        migration.after.name(),
        debugging.events.name(),
    ] {
        println!("registered {topic}");
    }
    #[cfg(feature = "ssl")]
    println!("registered {}", secure.events.name());
    for service in kafka.status().services {
        let topics: Vec<_> = service
            .topics
            .iter()
            .map(|topic| topic.message_type.as_str())
            .collect();
        println!(
            "{:<20} group {:<27} {}",
            service.service,
            service.group,
            topics.join(", ")
        );
    }
    Ok(())
}
