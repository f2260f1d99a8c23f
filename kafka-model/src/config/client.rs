//! From settings to a client's configuration.

use kafka_model_core::setting::SPECS;
use kafka_model_core::{Effective, Level, Setting, Side, Value};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{Connection, Limits};
use crate::error::ServiceError;

/// The client that only asks for metadata before a consumer is made: the connection's settings alone.
pub(crate) fn probe(
    settings: &Effective<'static>,
    connection: &Connection,
) -> Result<ClientConfig, ServiceError> {
    let mut config = ClientConfig::new();
    apply(&mut config, settings, connection, |side| {
        side == Side::Client
    })?;
    Ok(config)
}

/// The producer that a model's topics share.
///
/// A record waits 1 ms for others that go with it, not librdkafka's 5: whoever publishes waits for the
/// acknowledgement, and while many do, what is on its way already makes the next ones wait for each other.
pub(crate) fn producer(
    settings: &Effective<'static>,
    connection: &Connection,
) -> Result<ClientConfig, ServiceError> {
    let mut config = probe(settings, connection)?;
    config
        .set("enable.idempotence", "true")
        .set("linger.ms", "1");
    Ok(config)
}

/// The producer of a service's failed records. What was consumed is to fit, so the broker alone says what is too
/// large; and that a topic does not take them is to be known soon. `alone`: each in a batch of its own.
pub(crate) fn failure_producer(
    settings: &Effective<'static>,
    connection: &Connection,
    alone: bool,
) -> Result<ClientConfig, ServiceError> {
    let mut config = producer(settings, connection)?;
    config
        .set("message.max.bytes", "1000000000")
        .set("message.timeout.ms", "15000");
    if config.get("topic.metadata.propagation.max.ms").is_none() {
        // Sooner than the timeout, so that it is said that the topic does not exist.
        config.set("topic.metadata.propagation.max.ms", "5000");
    }
    if alone {
        config.set("batch.num.messages", "1");
    }
    Ok(config)
}

/// A service's consumer: what the user gave, what the runtime needs, and what follows from the memory
/// budget, unless the user gave it.
pub(crate) fn consumer(
    settings: &Effective<'static>,
    group: &str,
    connection: &Connection,
    limits: Limits,
) -> Result<ClientConfig, ServiceError> {
    let mut config = ClientConfig::new();
    config
        .set(
            "queued.max.messages.kbytes",
            limits.queue_kbytes.to_string(),
        )
        .set("queued.min.messages", limits.queue_records.to_string())
        .set("fetch.message.max.bytes", limits.fetch_bytes.to_string())
        // A full queue is small here, and soon has room again: librdkafka's second is too long.
        .set("fetch.queue.backoff.ms", "10")
        // A broker is asked for one fetch at a time. While the queues of partitions with a backlog are full it
        // is asked for those without, and waits: librdkafka's half second would stall the backlog.
        .set("fetch.wait.max.ms", "100")
        // New partitions are found by then: librdkafka's five minutes are long for records that wait in them.
        .set("topic.metadata.refresh.interval.ms", "10000");
    apply(&mut config, settings, connection, |side| {
        matches!(side, Side::Client | Side::Consumer)
    })?;
    config
        .set("group.id", group)
        // The committer commits, and only what is settled.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "false");
    if connection.embedded.is_some() {
        embedded_profile(&mut config, settings);
    }
    Ok(config)
}

/// A client that reads as a service's consumer would, but is in no group: it assigns partitions itself. The group's
/// name is for the offsets that it has committed.
pub(crate) fn verifier(
    settings: &Effective<'static>,
    group: &str,
    connection: &Connection,
) -> Result<ClientConfig, ServiceError> {
    let limits = Limits::share(0, 1);
    let mut config = consumer(settings, group, connection, limits)?;
    // What is about membership could be refused without the rest of it.
    for property in [
        "group.protocol",
        "group.instance.id",
        "group.remote.assignor",
        "partition.assignment.strategy",
        "session.timeout.ms",
        "heartbeat.interval.ms",
        "max.poll.interval.ms",
        "statistics.interval.ms",
    ] {
        config.remove(property);
    }
    config
        .set("enable.partition.eof", "true")
        .set("queued.min.messages", "1");
    Ok(config)
}

/// What librdkafka's mock cluster needs to form groups quickly: it waits for the session timeout at each
/// rebalance, and for the whole fetch wait at an empty fetch.
fn embedded_profile(config: &mut ClientConfig, settings: &Effective<'static>) {
    config
        .set("fetch.wait.max.ms", "10")
        .set("reconnect.backoff.max.ms", "500");
    if settings.str(Setting::GroupProtocol) != Some("consumer") {
        config
            .set("session.timeout.ms", "2000")
            .set("heartbeat.interval.ms", "100");
        if settings
            .int(Setting::MaxPollIntervalMs)
            .is_some_and(|millis| millis < 2000)
        {
            config.set("max.poll.interval.ms", "2000");
        }
    }
}

/// Sets every property that was given and configures one of the wanted sides.
fn apply(
    config: &mut ClientConfig,
    settings: &Effective<'static>,
    connection: &Connection,
    wanted: impl Fn(Side) -> bool,
) -> Result<(), ServiceError> {
    config.set_log_level(log_level(settings));
    for spec in SPECS {
        let (Some(property), true) = (spec.property, wanted(spec.side)) else {
            continue;
        };
        let Some((value, level)) = settings.find(spec.setting) else {
            continue;
        };
        if connection.ignores(spec.setting) {
            continue;
        }
        if level == Level::Framework
            && spec.setting == Setting::PartitionAssignmentStrategy
            && settings.str(Setting::GroupProtocol) == Some("consumer")
        {
            continue;
        }
        // What rdkafka and librdkafka copy of a secret is theirs, and not overwritten.
        let value = Zeroizing::new(match value {
            Value::Bool(flag) => flag.to_string(),
            Value::Int(int) => int.to_string(),
            Value::Float(float) => float.to_string(),
            Value::Str(text) => text.to_owned(),
            Value::From(source) => connection
                .sources
                .read(source, connection.connect_timeout)
                .map_err(|problem| ServiceError::Source {
                    setting: spec.name,
                    source_name: source.to_string(),
                    problem,
                })?
                .expose_secret()
                .to_owned(),
        });
        config.set(property, value.as_str());
    }
    if let Some(brokers) = connection.brokers(settings) {
        config.set("bootstrap.servers", brokers);
    }
    Ok(())
}

/// librdkafka's log lines pass through tracing, which filters them; but `debug = "…"` asks for them all.
fn log_level(settings: &Effective<'static>) -> RDKafkaLogLevel {
    if settings.find(Setting::Debug).is_some() {
        return RDKafkaLogLevel::Debug;
    }
    match settings.int(Setting::LogLevel) {
        Some(..=0) => RDKafkaLogLevel::Emerg,
        Some(1) => RDKafkaLogLevel::Alert,
        Some(2) => RDKafkaLogLevel::Critical,
        Some(3) => RDKafkaLogLevel::Error,
        Some(4) => RDKafkaLogLevel::Warning,
        Some(5) => RDKafkaLogLevel::Notice,
        Some(7..) => RDKafkaLogLevel::Debug,
        Some(6) | None => RDKafkaLogLevel::Info,
    }
}

/// An error of rdkafka's without the values that its texts contain.
pub(crate) fn describe_error(error: &KafkaError) -> String {
    match error {
        // Its own text ends in the value, which may be a secret.
        KafkaError::ClientConfig(_, description, property, _) => {
            let sensitive = SPECS
                .iter()
                .any(|spec| spec.sensitive && spec.property == Some(property.as_str()));
            if sensitive {
                format!("the value of `{property}` was refused")
            } else {
                description.clone()
            }
        }
        KafkaError::ClientCreation(reason) => reason.clone(),
        other => other.to_string(),
    }
}
