//! The runtime's handle, and how it is configured.

use std::any::TypeId;
use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::event::{EventSender, Events};
use super::probes::{Course, Liveness};
use super::running::{self, Running};
use super::service_state::ServiceState;
use super::status::KafkaStatus;
use crate::Error;
use crate::cluster::{self, CheckReport, RegisteredField, TopicPlan};
use crate::config::{Connection, Provider, SecretProvider, Sources, TokenProvider};
use crate::overrides::{Inputs, Overrides, PREFIX, SettingValue};
use crate::publish::Publisher;

/// How long a service may take to reach a broker at start, if nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The environment variable with the path of a file of settings.
const FILE_VARIABLE: &str = "KAFKA_CONFIG_FILE";

/// The runtime: models are registered with it, and it runs their poll services.
///
/// ```no_run
/// # use kafka_model::{Kafka, KafkaMessage, KafkaModel, Topic};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
/// # #[derive(KafkaModel)]
/// # #[kafka(group_id = "monitoring")]
/// # struct Monitoring { alerts: Topic<Alert> }
/// # async fn run() -> Result<(), kafka_model::Error> {
/// let kafka = Kafka::from_env()?;
/// let monitoring = Monitoring::register_all(&kafka)?;
/// monitoring.alerts.handle(async |alert: Alert| println!("{}", alert.text))?;
/// kafka.run().await
/// # }
/// ```
///
/// It is a handle: its clones are the same runtime.
#[derive(Clone)]
pub struct Kafka {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones of a [`Kafka`] share.
pub(crate) struct Inner {
    pub(crate) connection: Connection,
    pub(crate) overrides: Overrides,
    pub(crate) events: EventSender,
    registered: Mutex<Registered>,
    pub(crate) options: StartOptions,
    started: AtomicBool,
    stopping: AtomicBool,
}

/// What is done before the services start, and what ends the liveness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StartOptions {
    pub(crate) create_missing_topics: bool,
    pub(crate) require_check: bool,
    liveness: Liveness,
}

/// The models that are registered.
#[derive(Default)]
pub(crate) struct Registered {
    pub(crate) models: Vec<(TypeId, &'static str)>,
    pub(crate) services: Vec<Arc<ServiceState>>,
    pub(crate) publishers: Vec<Arc<Publisher>>,
    pub(crate) fields: Vec<RegisteredField>,
}

impl Inner {
    pub(crate) fn registered(&self) -> MutexGuard<'_, Registered> {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the runtime was started, whatever became of it.
    pub(crate) fn is_started(&self) -> bool {
        self.started.load(Ordering::SeqCst)
    }

    /// Notes that the services are shut down, and do not end by themselves.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether it runs, and what ends its liveness.
    pub(crate) fn course(&self) -> Course {
        Course {
            started: self.is_started(),
            stopping: self.stopping.load(Ordering::SeqCst),
            liveness: self.options.liveness,
        }
    }

    /// Notes that the runtime is started. `false` if it was already.
    pub(crate) fn start(&self) -> bool {
        !self.started.swap(true, Ordering::SeqCst)
    }
}

impl Kafka {
    /// A runtime that takes what differs from the attributes from the environment: variables such as
    /// `KAFKA_BOOTSTRAP_SERVERS` (`host:port[,host:port…]`) and `KAFKA_MONITORING__ALERTS__MAX_BUFFERED`, and the file
    /// that `KAFKA_CONFIG_FILE` names, if it is set. See [overrides](crate#overrides).
    ///
    /// # Errors
    /// None yet: what is wrong with them is said by `register_all`, all at once.
    pub fn from_env() -> Result<Self, Error> {
        let mut builder = Self::builder().environment(PREFIX);
        if let Some(path) = std::env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty()) {
            builder = builder.settings_file(path);
        }
        Ok(builder.build())
    }

    /// A runtime that is configured by code.
    #[must_use]
    pub fn builder() -> KafkaBuilder {
        KafkaBuilder {
            inputs: Inputs::default(),
            connection: Connection {
                bootstrap_servers: None,
                embedded: None,
                connect_timeout: CONNECT_TIMEOUT,
                sources: Sources::default(),
                tokens: Provider::default(),
            },
            options: StartOptions::default(),
        }
    }

    /// Starts everything that is registered, and returns once at least one poll service has reached its
    /// brokers. The others go on trying by themselves.
    ///
    /// # Errors
    /// [`StartError`](crate::StartError): nothing is registered, a topic has no handler, this runtime
    /// was started before, or no service reached its brokers within the
    /// [`connect_timeout`](KafkaBuilder::connect_timeout); or what [`create_missing_topics`](KafkaBuilder::create_missing_topics)
    /// and [`require_check`](KafkaBuilder::require_check) ask for failed.
    pub async fn start(&self) -> Result<Running, Error> {
        running::start(&self.inner).await
    }

    /// [Starts](Self::start) everything that is registered, runs until `shutdown` is ready, then drains,
    /// commits, and leaves the groups.
    ///
    /// What `shutdown` yields is not looked at, so that `tokio::signal::ctrl_c()` fits.
    ///
    /// # Errors
    /// As [`start`](Self::start); and [`Error::Unclean`] if the shutdown left something undone.
    pub async fn run_until<F: Future>(&self, shutdown: F) -> Result<(), Error> {
        let running = self.start().await?;
        let _ = shutdown.await;
        running.shutdown().await.into_result()
    }

    /// [Starts](Self::start) everything that is registered, runs until the process is told to end, then drains, commits, and
    /// leaves the groups: what a service's `main` ends with.
    ///
    /// It is told to end by SIGTERM, as Kubernetes, systemd and Docker send it, or by SIGINT, which is Ctrl-C; on Windows
    /// by Ctrl-C alone. That counts from this call on, also while it is still starting. A second signal while it drains
    /// means that somebody does not want to wait: handlers that are at work are not waited for any more, what is settled
    /// is still committed, and after two seconds at most this returns [`Error::Unclean`].
    ///
    /// What is to be done before the process ends has to fit into the orchestrator's patience: with Kubernetes'
    /// `terminationGracePeriodSeconds` of 30 s, the default `drain_timeout_ms` of 10 s does.
    ///
    /// tokio's handlers of these signals stay: after this returns, they do not end the process any more.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until); and [`StartError::Signals`](crate::StartError::Signals) if signals cannot be
    /// listened to, for instance on a tokio runtime without `enable_io`.
    pub async fn run(&self) -> Result<(), Error> {
        running::run(&self.inner).await
    }

    /// Looks whether what is registered can work: the brokers are reached, the topics exist, with their retry topics and
    /// dead-letter topics, and may be read and written; the groups may be joined; retry topics keep their records for long
    /// enough. Whatever is wrong is in one report.
    ///
    /// It can be called at any time after the models are registered, and starts nothing. A cluster that is not reached is
    /// given up after the [`connect_timeout`](KafkaBuilder::connect_timeout); one that is, is asked three questions that may
    /// take as long each. What may be done is asked as KIP-430 has it: without an authorizer, everything may be. That a
    /// topic may be written is asked of retry topics, dead-letter topics and fields that are `publish_only`; whether others
    /// are published to is not known before they are.
    ///
    /// [`start`](Self::start) does the same beside the services, and tells of each problem by an event; with
    /// [`require_check`](KafkaBuilder::require_check) it does so before, and fails.
    pub async fn check(&self) -> CheckReport {
        cluster::check(&self.inner).await
    }

    /// Compares the topics that the registered models need, as `topic(...)` declares them, with those that the clusters
    /// have. Nothing is changed by that: see [`TopicPlan`].
    ///
    /// ```no_run
    /// # async fn provision(kafka: &kafka_model::Kafka) -> Result<(), kafka_model::Error> {
    /// let plan = kafka.plan_topics().await?;
    /// println!("{plan}");
    /// plan.create().await?; // what is missing
    /// plan.apply_changes().await?; // what differs, as far as that can be changed
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Topics`] if no thread could be started for it. A cluster that is not reached is no error: its topics are
    /// [undecided](crate::TopicStep::Undecided).
    pub async fn plan_topics(&self) -> Result<TopicPlan, Error> {
        cluster::plan(&self.inner).await
    }

    /// What all services and topics are doing now.
    #[must_use]
    pub fn status(&self) -> KafkaStatus {
        KafkaStatus::of(&self.inner)
    }

    /// What happens from now on. Who asks before the start misses nothing.
    #[must_use]
    pub fn events(&self) -> Events {
        self.inner.events.subscribe()
    }
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka")
            .field("services", &self.inner.registered().services.len())
            .finish_non_exhaustive()
    }
}

/// Configures a [`Kafka`].
#[derive(Clone, Debug)]
pub struct KafkaBuilder {
    inputs: Inputs,
    pub(crate) connection: Connection,
    options: StartOptions,
}

impl KafkaBuilder {
    /// The brokers to start from: `host:port[,host:port…]`, as [`set`](Self::set) with `"bootstrap_servers"`.
    #[must_use]
    #[track_caller]
    pub fn bootstrap_servers(self, servers: impl Into<String>) -> Self {
        self.set("bootstrap_servers", servers.into())
    }

    /// A setting that goes over what the attributes say; a file's or the environment's word goes over it.
    ///
    /// `key` is the name of the setting, of the whole process; `model.setting`, of that model's shared consumer and
    /// of what its dedicated ones take from the model; or `model.field.setting`, of one topic. The model is written
    /// as `order_service` for `OrderService`. See [overrides](crate#overrides).
    ///
    /// ```
    /// # use kafka_model::Kafka;
    /// let kafka = Kafka::builder()
    ///     .set("bootstrap_servers", "localhost:9092")
    ///     .set("monitoring.session_timeout_ms", "30s")
    ///     .set("monitoring.alerts.max_buffered", 200)
    ///     .set("monitoring.alerts.retry.attempts", 3)
    ///     .build();
    /// ```
    #[must_use]
    #[track_caller]
    pub fn set(mut self, key: &str, value: impl Into<SettingValue>) -> Self {
        self.inputs.set(key, value.into(), Location::caller());
        self
    }

    /// A TOML file with settings that go over those of the attributes, of [`set`](Self::set), and of earlier files.
    /// That it cannot be read is said by `register_all`.
    ///
    /// ```toml
    /// bootstrap_servers = "kafka-1:9092,kafka-2:9092"
    ///
    /// [monitoring]
    /// session_timeout_ms = "30s"
    /// sasl_password = { file = "/run/secrets/kafka" }
    ///
    /// [monitoring.alerts]
    /// max_buffered = 200
    /// retry = { attempts = 3 }
    /// ```
    #[must_use]
    pub fn settings_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.file(path.into());
        self
    }

    /// Environment variables that begin with `prefix`, such as `"KAFKA_"`, go over all else:
    /// `KAFKA_MONITORING__ALERTS__MAX_BUFFERED` is `monitoring.alerts.max_buffered`. An empty one counts as unset.
    /// Behind the name of a text, `_FILE` gives the path of a file that has it: `KAFKA_SASL_PASSWORD_FILE`, but not beside
    /// `KAFKA_SASL_PASSWORD`.
    #[must_use]
    pub fn environment(mut self, prefix: &str) -> Self {
        self.inputs.environment(prefix);
        self
    }

    /// These variables in place of those of the process.
    pub(crate) fn variables(mut self, variables: Vec<(OsString, OsString)>) -> Self {
        self.inputs.variables(variables);
        self
    }

    /// How long a service may take to reach a broker at start: 10 seconds if nothing else is said.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connection.connect_timeout = timeout;
        self
    }

    /// Whether [`start`](Kafka::start) creates the topics that are declared with `topic(partitions = …)` and do not exist,
    /// with their retry topics and dead-letter topics, before it starts the services: `false` if nothing else is said.
    /// Those that exist are left as they are. See [`Kafka::plan_topics`].
    ///
    /// If the cluster refuses to create one, the start fails with [`StartError::Topics`](crate::StartError::Topics). A
    /// cluster that is not reached within the [`connect_timeout`](Self::connect_timeout) fails nothing but its own services.
    #[must_use]
    pub fn create_missing_topics(mut self, create: bool) -> Self {
        self.options.create_missing_topics = create;
        self
    }

    /// Whether [`start`](Kafka::start) [checks](Kafka::check) before it starts the services, and fails with
    /// [`StartError::Check`](crate::StartError::Check) if there is a problem: `false` if nothing else is said. Then the check
    /// goes on beside the services, and each problem is told by an [`Event::CheckFound`](crate::Event::CheckFound): a
    /// missing topic is waited for, and what is wrong with one service holds up no other.
    #[must_use]
    pub fn require_check(mut self, required: bool) -> Self {
        self.options.require_check = required;
        self
    }

    /// Whether a halted partition makes the process [not live](KafkaStatus::is_live): `false` if nothing else is said, since
    /// a new process would halt at the same record.
    #[must_use]
    pub fn halted_partitions_end_liveness(mut self, end: bool) -> Self {
        self.options.liveness.halted = end;
        self
    }

    /// Whether a handler that has been at one record for longer than `max_handling_ms` makes the process
    /// [not live](KafkaStatus::is_live): `false` if nothing else is said.
    #[must_use]
    pub fn hung_handlers_end_liveness(mut self, end: bool) -> Self {
        self.options.liveness.hung = end;
        self
    }

    /// Where the secrets are that attributes name with `secret("name")`.
    #[must_use]
    pub fn secrets(mut self, provider: impl SecretProvider) -> Self {
        self.connection.sources.provider = Some(Arc::new(provider));
        self
    }

    /// What makes the tokens for `sasl_mechanism = "OAUTHBEARER"`.
    #[must_use]
    pub fn oauth_tokens(mut self, provider: impl TokenProvider) -> Self {
        self.connection.tokens = Provider(Some(Arc::new(provider)));
        self
    }

    /// The runtime. Files and variables are read now; nothing is connected yet.
    #[must_use]
    pub fn build(self) -> Kafka {
        Kafka {
            inner: Arc::new(Inner {
                connection: self.connection,
                overrides: self.inputs.load(),
                events: EventSender::new(),
                registered: Mutex::default(),
                options: self.options,
                started: AtomicBool::new(false),
                stopping: AtomicBool::new(false),
            }),
        }
    }
}
