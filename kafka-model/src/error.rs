//! Everything that can go wrong where a user sees it: one small type for each thing a user does.

use std::fmt;

use crate::cluster::{CheckReport, TopicsError};
use crate::redrive::RedriveError;
use crate::runtime::ShutdownReport;

/// Any error of this crate.
///
/// Its `Debug` is its `Display`, so that a `main` that returns it prints something to read.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A model could not be registered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A handler or a stream could not be attached to a topic.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The registered models could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A value could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Dead letters could not be sent back.
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    /// Topics could not be created or changed.
    #[error(transparent)]
    Topics(#[from] TopicsError),
    /// The shutdown left something undone.
    #[error("the shutdown was not clean:\n{0}")]
    Unclean(ShutdownReport),
    /// The embedded broker refused.
    #[cfg(feature = "embedded")]
    #[error(transparent)]
    Embedded(#[from] crate::embedded::EmbeddedError),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a model could not be registered: all reasons at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterError {
    pub(crate) model: &'static str,
    pub(crate) problems: Vec<RegisterProblem>,
}

impl RegisterError {
    /// The model's name.
    #[must_use]
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// What is wrong.
    #[must_use]
    pub fn problems(&self) -> &[RegisterProblem] {
        &self.problems
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model `{}` cannot be registered:", self.model)?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RegisterError {}

/// One reason why a model could not be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterProblem {
    /// No broker address for a service.
    #[error(
        "{service}: no broker address: set the environment variable {variable} to `host:port[,host:port…]`, call \
         `Kafka::builder().bootstrap_servers(…)`, or give `bootstrap_servers` in an attribute"
    )]
    NoBrokers {
        /// Who needs it: the model, or a field.
        service: String,
        /// The variable that [`Kafka::from_env`](crate::Kafka::from_env) reads.
        variable: &'static str,
    },
    /// What a setting names, an environment variable say, cannot be read.
    #[error("{service}: {setting} = {source_name}: {problem}")]
    Source {
        /// Who needs it: the model, or a field.
        service: String,
        /// The setting.
        setting: &'static str,
        /// Where it is to be read, as it is written: `env("NAME")`.
        source_name: String,
        /// What is wrong with it.
        problem: SourceProblem,
    },
    /// An override cannot be used.
    #[error("{problem}")]
    Override {
        /// Where it comes from (the file and its line, the variable, the line of code), and what is wrong with it.
        problem: String,
    },
    /// With the overrides, a rule is broken that the compiler has checked without them.
    #[error("{subject}: {rule}{}", origins(.given))]
    Rule {
        /// Whose settings they are: the model's, or a field's.
        subject: String,
        /// The settings with their values, the rule, and what to do.
        rule: String,
        /// Which of them are overridden, and where.
        given: Vec<String>,
    },
    /// The names of a type's retry topics, which have its group's name in them, are not names of topics.
    #[error(
        "{field}: `retry(topics = …)` with the group `{group}`: {problem}; give it another group"
    )]
    RetryTopic {
        /// The field.
        field: &'static str,
        /// The group.
        group: String,
        /// What is wrong with the names.
        problem: String,
    },
    /// A client is to authenticate by tokens, and nothing makes them.
    #[error(
        "{service}: sasl_mechanism = \"OAUTHBEARER\" needs tokens: give what makes them with \
         `Kafka::builder().oauth_tokens(…)`, or, for development, set `enable_sasl_oauthbearer_unsecure_jwt = true`"
    )]
    NoTokens {
        /// Who needs them: the model, or a field.
        service: String,
    },
    /// Another model's service is in the same group.
    #[error(
        "{service}: the group `{group}` is already that of another registered model; the two consumers would share \
         out each other's partitions: give one of them another `group_id`"
    )]
    GroupTaken {
        /// Who wants it: the model, or a field.
        service: String,
        /// The group.
        group: String,
    },
    /// Two consumers of the model are in one group, as was found where it is read.
    #[error(
        "{service}: the group `{group}` is also that of {other}; the two consumers would share out each other's \
         partitions: give one of them another `group_id`"
    )]
    GroupTwice {
        /// Who wants it: the model, or a field.
        service: String,
        /// Who has it, too.
        other: String,
        /// The group.
        group: String,
    },
    /// The model is already registered with this [`Kafka`](crate::Kafka).
    #[error(
        "it is already registered; keep and share the model that the first `register_all` returned"
    )]
    Twice,
    /// The runtime was already started.
    #[error("the runtime is already running; register all models before `run_until` or `start`")]
    Running,
}

fn origins(given: &[String]) -> String {
    if given.is_empty() {
        String::new()
    } else {
        format!(" ({})", given.join("; "))
    }
}

/// What is wrong with what a setting names: `env("NAME")`, `file("/path")`, `secret("name")`. Never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceProblem {
    /// The environment variable is not set.
    #[error("this environment variable is not set")]
    Unset,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Its value is not UTF-8.
    #[error("it is not UTF-8")]
    NotUnicode,
    /// It contains a NUL byte, which would end a text in librdkafka.
    #[error("it contains a NUL byte")]
    Nul,
    /// The file cannot be read, for this reason.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// There is no provider of secrets.
    #[error("it needs a provider of secrets: give one with `Kafka::builder().secrets(…)`")]
    NoProvider,
    /// The provider of secrets failed, in its own words.
    #[error("the provider of secrets did not give it: {0}")]
    Refused(String),
    /// The provider of secrets did not answer in time.
    #[error("the provider of secrets did not answer within {} ms", .0.as_millis())]
    TooLate(std::time::Duration),
}

/// Why a handler or a stream could not be attached to a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// Something consumes it already.
    #[error(
        "the topic field `{field}` already has a {attached}; a topic has one: let it do both, or give the second \
         service a model of its own"
    )]
    Twice {
        /// The field.
        field: &'static str,
        /// `handler` or `stream`.
        attached: &'static str,
    },
    /// Its settings have records tried again, but records that are pulled from a stream are in the user's hands.
    #[error(
        "the topic field `{field}` has `retry(...)`, which needs a handler that can be called again: attach one with \
         `.handle(…)`, or leave out `retry(...)` and try again where the record is pulled"
    )]
    RetryOnStream {
        /// The field.
        field: &'static str,
    },
    /// Its records are handled in the order of their keys, of which a batch has many.
    #[error(
        "the topic field `{field}` has `order = \"key\"`, under which records are handled one by one; write \
         `order = \"partition\"` or `order = \"none\"` to handle batches, or attach a handler with `.handle(…)`"
    )]
    BatchByKey {
        /// The field.
        field: &'static str,
    },
    /// It is only published to.
    #[error(
        "the topic field `{field}` is `publish_only`; remove that from its `#[kafka(…)]` to consume it"
    )]
    PublishOnly {
        /// The field.
        field: &'static str,
    },
    /// The runtime was already started.
    #[error(
        "the topic field `{field}` cannot get a consumer any more: the runtime is already running"
    )]
    Running {
        /// The field.
        field: &'static str,
    },
}

/// Why the registered models could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Topics that are to be consumed have nothing to consume them.
    #[error(
        "nothing handles {}: call `.handle(…)` or `.stream()` on each, or mark those that are only published to \
         with `#[kafka(publish_only)]`",
        names(.fields)
    )]
    NoHandler {
        /// The fields, as `Model.field`.
        fields: Vec<String>,
    },
    /// Nothing was registered.
    #[error("no model is registered: call its `register_all(&kafka)` first")]
    NoModel,
    /// It is already running, or has run: a runtime is started once.
    #[error("this `Kafka` was already started; a new run needs a new `Kafka`")]
    Twice,
    /// Overrides are for models that are not registered. Environment variables count only if their names are like those
    /// of models that are.
    #[error("overrides of models that are not registered:{}", listed(.problems))]
    Overrides {
        /// Each with its place, and what was probably meant or is registered.
        problems: Vec<String>,
    },
    /// The check that [`require_check`](crate::KafkaBuilder::require_check) asks for found something.
    #[error("the check before the start found {0}")]
    Check(CheckReport),
    /// What [`create_missing_topics`](crate::KafkaBuilder::create_missing_topics) asks for was refused.
    #[error(transparent)]
    Topics(TopicsError),
    /// There is no tokio runtime to run handlers on.
    #[error("there is no tokio runtime: call this from within one (`#[tokio::main]`)")]
    NoTokio,
    /// Signals cannot be listened to, which [`Kafka::run`](crate::Kafka::run) has to.
    #[error("signals cannot be listened to: {reason}; use `run_until` to end otherwise")]
    Signals {
        /// Why.
        reason: String,
    },
    /// A thread could not be started.
    #[error("the poll thread of `{service}` could not be started: {reason}")]
    Thread {
        /// The service.
        service: String,
        /// Why.
        reason: String,
    },
    /// No service could connect within the time allowed.
    #[error("no poll service could connect:{}", lines(.services))]
    Unreachable {
        /// Each service and its error.
        services: Vec<(String, ServiceError)>,
    },
}

fn listed(problems: &[String]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  - {problem}"))
        .collect()
}

fn names(fields: &[String]) -> String {
    fields
        .iter()
        .map(|field| format!("`{field}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn lines(services: &[(String, ServiceError)]) -> String {
    services
        .iter()
        .map(|(service, error)| format!("\n  - {service}: {error}"))
        .collect()
}

/// Why a poll service failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// No broker answered in time.
    #[error(
        "no broker answered at {brokers} within {} ms{}: check the address, that the broker runs, and that \
         `security_protocol` is what its listener speaks",
        .within.as_millis(), because(.reason)
    )]
    Unreachable {
        /// The addresses that were tried.
        brokers: String,
        /// How long.
        within: std::time::Duration,
        /// What the client last said, if anything.
        reason: Option<String>,
    },
    /// The broker did not accept who the client is.
    #[error(
        "{brokers} refused the client{user} ({mechanism}): {reason}; check the credentials that the SASL settings name, \
         and that they are known there with this mechanism"
    )]
    Authentication {
        /// The addresses that were tried.
        brokers: String,
        /// The SASL mechanism.
        mechanism: String,
        /// ` as `, and the user's name; where that is read from elsewhere, the place: ` as the user in env("NAME")`.
        user: String,
        /// The broker's words.
        reason: String,
    },
    /// There is no token to authenticate with.
    #[error(
        "no token for sasl_mechanism = \"OAUTHBEARER\": {reason}; what `Kafka::builder().oauth_tokens(…)` was given is \
         asked again in a while"
    )]
    Token {
        /// The token provider's words.
        reason: String,
    },
    /// There is no TLS connection.
    #[error("no TLS connection to {brokers}: {problem}")]
    Tls {
        /// The addresses that were tried.
        brokers: String,
        /// Why.
        problem: TlsProblem,
    },
    /// The listener speaks another protocol.
    #[error(
        "the listener at {brokers} {listener}, and this client has security_protocol = \"{protocol}\": set \
         security_protocol = \"{instead}\", or give the address of another listener"
    )]
    Protocol {
        /// The addresses that were tried.
        brokers: String,
        /// The client's `security_protocol`.
        protocol: String,
        /// What the listener was seen to do.
        listener: &'static str,
        /// The `security_protocol` that would probably do.
        instead: &'static str,
    },
    /// The broker knows the client, and does not let it do this.
    #[error(
        "not allowed to use the {resource} `{name}`: grant the client's principal {operations} on it (an ACL)"
    )]
    NotAuthorized {
        /// `group` or `topic`.
        resource: &'static str,
        /// Its name.
        name: String,
        /// The operations that are needed.
        operations: &'static str,
    },
    /// librdkafka refused the configuration.
    #[error("the client refused its configuration: {reason}")]
    Configuration {
        /// Why, without any secret.
        reason: String,
    },
    /// What a setting names, a file say, cannot be read, or not any more.
    #[error("{setting} = {source_name}: {problem}")]
    Source {
        /// The setting.
        setting: &'static str,
        /// Where it is to be read, as it is written: `file("/path")`.
        source_name: String,
        /// What is wrong with it.
        problem: SourceProblem,
    },
    /// An error after which the client cannot go on; it is replaced by a new one.
    #[error("the client failed: {reason}")]
    Fatal {
        /// librdkafka's words.
        reason: String,
    },
    /// An assigned partition gave nothing although another client could read a record of it. The client is replaced
    /// by a new one.
    #[error(
        "{topic}[{partition}] gave nothing for {} ms{}, although its record at offset {found} can be read",
        .silent.as_millis(), at(*.position)
    )]
    Stalled {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset where it stood; `None` if nothing was read or committed before.
        position: Option<i64>,
        /// The offset of the record that another client read.
        found: i64,
        /// How long it gave nothing.
        silent: std::time::Duration,
    },
    /// Another member of the group came with the same `group_instance_id`, and took this one's place (KIP-345).
    #[error(
        "another member of the group `{group}` came with the same group_instance_id `{instance}` and took its place; \
         it stays stopped, since the two would take it from each other for ever: give each process a \
         `group_instance_id` of its own, for instance `env(\"NAME\")`, and start this one again"
    )]
    Fenced {
        /// The group.
        group: String,
        /// The `group_instance_id` of both.
        instance: String,
    },
    /// An error that the client recovers from by itself.
    #[error("{reason}")]
    Client {
        /// librdkafka's words.
        reason: String,
    },
    /// A commit failed; it is tried again.
    #[error("committing offsets of the group `{group}` failed: {reason}")]
    Commit {
        /// The group.
        group: String,
        /// librdkafka's words.
        reason: String,
    },
    /// The poll thread ended by a panic, which is a defect of this crate.
    #[error("the poll thread panicked (a defect of kafka-model; please report it): {reason}")]
    Panic {
        /// The panic's text.
        reason: String,
    },
}

/// Why there is no TLS connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsProblem {
    /// Nobody here knows who signed the broker's certificate.
    #[error(
        "its certificate is signed by `{authority}`, which is none of the authorities that are trusted here ({trusted}): \
         give that authority's certificate as `ssl_ca_location`"
    )]
    UnknownAuthority {
        /// Who signed it.
        authority: String,
        /// The file of the authorities that are trusted.
        trusted: String,
    },
    /// The broker's certificate is for another host.
    #[error(
        "its certificate is not for `{host}` but for {names}: use an address whose name is in the certificate (for the \
         brokers, too: `advertised.listeners`), or have one made for this name"
    )]
    OtherHost {
        /// The host of the address.
        host: String,
        /// The names in the certificate.
        names: String,
    },
    /// The broker's certificate has expired.
    #[error(
        "its certificate expired at {at}: it has to be renewed there (and check this machine's clock)"
    )]
    Expired {
        /// When.
        at: String,
    },
    /// The broker's certificate is not valid yet.
    #[error("its certificate is valid only from {from} on: check this machine's clock")]
    NotYetValid {
        /// From when it is.
        from: String,
    },
    /// The broker wants a certificate of the client.
    #[error(
        "it wants a certificate of the client ({alert}): give `ssl_certificate_location` and `ssl_key_location`, or \
         `ssl_keystore_location`"
    )]
    ClientCertificateWanted {
        /// The broker's alert.
        alert: String,
    },
    /// The client's certificate has expired.
    #[error(
        "the client's certificate expired at {at}: renew what `ssl_certificate_location` names"
    )]
    ClientCertificateExpired {
        /// When.
        at: String,
    },
    /// The broker does not accept the client's certificate.
    #[error(
        "it does not accept the client's certificate ({alert}): check that it is signed by an authority that the broker \
         trusts (`ssl.truststore.*`), and has not expired or been revoked"
    )]
    ClientCertificateRefused {
        /// The broker's alert.
        alert: String,
    },
    /// Something else.
    #[error("{reason}")]
    Other {
        /// OpenSSL's words.
        reason: String,
    },
}

impl ServiceError {
    /// That the client may not read `topic`.
    pub(crate) fn topic_denied(topic: &str) -> Self {
        Self::NotAuthorized {
            resource: "topic",
            name: topic.to_owned(),
            operations: "READ and DESCRIBE",
        }
    }
}

fn at(position: Option<i64>) -> String {
    position.map_or_else(String::new, |position| format!(" at offset {position}"))
}

fn because(reason: &Option<String>) -> String {
    reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" ({reason})"))
}

/// Why a value was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// It could not be encoded.
    #[error("the `{message}` for the topic `{topic}` cannot be written as JSON: {reason}")]
    Encode {
        /// The message type.
        message: String,
        /// The topic.
        topic: String,
        /// serde's words.
        reason: String,
    },
    /// It is larger than the producer may send.
    #[error(
        "the `{message}` of {bytes} bytes is too large for the topic `{topic}`: {reason}; raise \
         `message_max_bytes` on the model and `max.message.bytes` of the topic, or send less"
    )]
    TooLarge {
        /// The message type.
        message: String,
        /// The topic.
        topic: String,
        /// The size of key and payload.
        bytes: usize,
        /// Who refused it.
        reason: String,
    },
    /// No producer could be made.
    #[error("no producer could be made: {reason}")]
    Producer {
        /// Why, without any secret.
        reason: String,
    },
    /// The broker did not acknowledge it.
    #[error("the broker did not acknowledge the `{message}` for the topic `{topic}`: {reason}")]
    Delivery {
        /// The message type.
        message: String,
        /// The topic.
        topic: String,
        /// librdkafka's words.
        reason: String,
    },
}
