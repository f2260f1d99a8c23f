//! The runtime's handle, and how it is configured.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::event::{EventSender, Events};
use super::running::{self, Running};
use super::service_state::ServiceState;
use super::status::KafkaStatus;
use crate::Error;
use crate::config::{BOOTSTRAP_VARIABLE, Connection, SecretProvider, Sources};
use crate::publish::Publisher;

/// How long a service may take to reach a broker at start, if nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
/// kafka.run_until(tokio::signal::ctrl_c()).await
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
    pub(crate) events: EventSender,
    registered: Mutex<Registered>,
    started: AtomicBool,
}

/// The models that are registered.
#[derive(Default)]
pub(crate) struct Registered {
    pub(crate) models: Vec<TypeId>,
    pub(crate) services: Vec<Arc<ServiceState>>,
    pub(crate) publishers: Vec<Arc<Publisher>>,
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

    /// Notes that the runtime is started. `false` if it was already.
    pub(crate) fn start(&self) -> bool {
        !self.started.swap(true, Ordering::SeqCst)
    }
}

impl Kafka {
    /// A runtime for the brokers that the environment variable `KAFKA_BOOTSTRAP_SERVERS` names
    /// (`host:port[,host:port…]`). Without it, each service needs `bootstrap_servers` in an attribute;
    /// `register_all` says so where one has none.
    ///
    /// # Errors
    /// None yet: the variable is checked by `register_all`, with everything else that is missing.
    pub fn from_env() -> Result<Self, Error> {
        let mut builder = Self::builder();
        builder.connection.bootstrap_servers = std::env::var(BOOTSTRAP_VARIABLE)
            .ok()
            .filter(|brokers| !brokers.is_empty());
        Ok(builder.build())
    }

    /// A runtime that is configured by code.
    #[must_use]
    pub fn builder() -> KafkaBuilder {
        KafkaBuilder {
            connection: Connection {
                bootstrap_servers: None,
                embedded: None,
                connect_timeout: CONNECT_TIMEOUT,
                sources: Sources::default(),
            },
        }
    }

    /// Starts everything that is registered, and returns once at least one poll service has reached its
    /// brokers. The others go on trying by themselves.
    ///
    /// # Errors
    /// [`StartError`](crate::StartError): nothing is registered, a topic has no handler, this runtime
    /// was started before, or no service reached its brokers within the
    /// [`connect_timeout`](KafkaBuilder::connect_timeout).
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
        let report = running.shutdown().await;
        if report.is_clean() {
            Ok(())
        } else {
            Err(Error::Unclean(report))
        }
    }

    /// What all services and topics are doing now.
    #[must_use]
    pub fn status(&self) -> KafkaStatus {
        KafkaStatus::of(&self.inner.registered().services)
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
            .field(
                "bootstrap_servers",
                &self.inner.connection.bootstrap_servers,
            )
            .finish_non_exhaustive()
    }
}

/// Configures a [`Kafka`].
#[derive(Clone, Debug)]
pub struct KafkaBuilder {
    pub(crate) connection: Connection,
}

impl KafkaBuilder {
    /// The brokers to start from: `host:port[,host:port…]`. `bootstrap_servers` in an attribute goes
    /// over it.
    #[must_use]
    pub fn bootstrap_servers(mut self, servers: impl Into<String>) -> Self {
        self.connection.bootstrap_servers = Some(servers.into());
        self
    }

    /// How long a service may take to reach a broker at start: 10 seconds if nothing else is said.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connection.connect_timeout = timeout;
        self
    }

    /// Where the secrets are that attributes name with `secret("name")`.
    #[must_use]
    pub fn secrets(mut self, provider: impl SecretProvider) -> Self {
        self.connection.sources.provider = Some(Arc::new(provider));
        self
    }

    /// The runtime. Nothing is connected yet.
    #[must_use]
    pub fn build(self) -> Kafka {
        Kafka {
            inner: Arc::new(Inner {
                connection: self.connection,
                events: EventSender::new(),
                registered: Mutex::default(),
                started: AtomicBool::new(false),
            }),
        }
    }
}
