//! Start and shutdown.

use std::fmt;
use std::future::{self, Future};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::{FutureExt as _, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use super::event::Events;
use super::kafka::Inner;
use super::report::{ServiceReport, ShutdownReport};
use super::service_state::{ServicePhase, ServiceState};
use super::signals::Signals;
use super::status::KafkaStatus;
use super::topic_state::Consumer;
use crate::error::StartError;
use crate::{Error, cluster};
use crate::{overrides, poll};

/// How long a client may take to close after everything is drained and committed, before it is left
/// behind.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// How long a shutdown may take once nobody wants to wait for it any more.
const LAST_TIME: Duration = Duration::from_secs(2);

/// Starts everything that is registered, and runs until a signal says to end.
pub(crate) async fn run(runtime: &Arc<Inner>) -> Result<(), Error> {
    if Handle::try_current().is_err() {
        return Err(StartError::NoTokio.into());
    }
    let mut signals = Signals::listen()?;
    tokio::select! {
        prepared = prepare(runtime) => prepared?,
        signal = signals.next() => {
            tracing::info!(signal, "told to end before the start");
            return Ok(());
        }
    }
    let mut start = pin!(launch(runtime));
    let running = tokio::select! {
        running = &mut start => running?,
        signal = signals.next() => {
            tracing::info!(signal, "told to end while starting");
            // The services take it as their shutdown, and so the start ends soon.
            runtime.stop();
            let now = Instant::now();
            for service in &runtime.registered().services.clone() {
                service.shut_down(now);
            }
            let running = start.await?;
            return running.shutdown().await.into_result();
        }
    };
    let signal = signals.next().await;
    tracing::info!(signal, "told to end: draining");
    let again = async {
        let signal = signals.next().await;
        tracing::warn!(
            signal,
            "told to end again: handlers are not waited for any more"
        );
    };
    running.shutdown_unless(again).await.into_result()
}

/// Starts everything that is registered.
pub(crate) async fn start(runtime: &Arc<Inner>) -> Result<Running, Error> {
    prepare(runtime).await?;
    launch(runtime).await
}

/// What is done before anything starts.
async fn prepare(runtime: &Arc<Inner>) -> Result<(), Error> {
    let services = runtime.registered().services.clone();
    check(runtime, &services)?;
    if Handle::try_current().is_err() {
        return Err(StartError::NoTokio.into());
    }
    if !runtime.start() {
        return Err(StartError::Twice.into());
    }
    if runtime.options.create_missing_topics {
        match cluster::create_missing(runtime).await {
            Err(Error::Topics(error)) => return Err(StartError::Topics(error).into()),
            created => created?,
        }
    }
    if runtime.options.require_check {
        let report = cluster::check(runtime).await;
        if !report.is_ok() {
            return Err(StartError::Check(report).into());
        }
    }
    Ok(())
}

/// Starts the services.
async fn launch(runtime: &Arc<Inner>) -> Result<Running, Error> {
    let services = runtime.registered().services.clone();
    let mut running = Running {
        runtime: Arc::clone(runtime),
        services: Vec::new(),
        check: None,
        done: false,
    };
    let introduction = Arc::new(poll::Introduction::default());
    for service in services {
        let workers = spawn_workers(&service);
        let introduction = Arc::clone(&introduction);
        let (state, connection) = (Arc::clone(&service), runtime.connection.clone());
        let spawned = thread::Builder::new()
            .name(service.thread.clone())
            .spawn(move || {
                let ended = Ended(Arc::clone(&state));
                poll::run(&state, &connection, introduction);
                drop(ended);
            });
        if let Err(error) = spawned {
            let failed = StartError::Thread {
                service: service.name.clone(),
                reason: error.to_string(),
            };
            running.shutdown().await;
            return Err(failed.into());
        }
        running.services.push(Started { service, workers });
    }
    drop(introduction);
    match running.first_connection().await {
        Ok(()) => {
            if !runtime.options.require_check {
                running.check = Some(cluster::Beside::start(runtime));
            }
            Ok(running)
        }
        Err(error) => {
            running.shutdown().await;
            Err(error.into())
        }
    }
}

fn check(runtime: &Inner, services: &[Arc<ServiceState>]) -> Result<(), StartError> {
    let models: Vec<_> = {
        let registered = runtime.registered();
        registered.models.iter().map(|(_, name)| *name).collect()
    };
    if models.is_empty() {
        return Err(StartError::NoModel);
    }
    let problems = overrides::of_nobody(&runtime.overrides, &models);
    if !problems.is_empty() {
        return Err(StartError::Overrides { problems });
    }
    let fields: Vec<_> = services
        .iter()
        .flat_map(|service| service.topics.iter().map(move |topic| (service, topic)))
        .filter(|(_, topic)| topic.failures.level.is_none())
        .filter(|(_, topic)| matches!(*topic.consumer(), Consumer::Missing))
        .map(|(service, topic)| format!("{}.{}", service.model, topic.field))
        .collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(StartError::NoHandler { fields })
    }
}

fn spawn_workers(service: &Arc<ServiceState>) -> Vec<JoinHandle<()>> {
    let mut workers = Vec::new();
    for topic in &service.topics {
        topic.failures.run_on(&Handle::current());
        if let Consumer::Handler(handler) = &*topic.consumer() {
            let worker = |_| {
                let work = Arc::clone(handler).work(Arc::clone(topic));
                let needed = Needed(Arc::clone(service));
                tokio::spawn(async move {
                    work.await;
                    drop(needed);
                })
            };
            workers.extend((0..topic.settings.concurrency).map(worker));
            if topic.delay.is_some() {
                let topic = Arc::clone(topic);
                workers.push(tokio::spawn(
                    async move { topic.buffer.release_delayed().await },
                ));
            }
        }
    }
    workers
}

/// What a worker holds: if it ends before its service, because its tokio runtime does, the service ends too. It
/// would otherwise keep its partitions from the rest of the group, and have nobody to handle them.
struct Needed(Arc<ServiceState>);

impl Drop for Needed {
    fn drop(&mut self) {
        if self.0.shutdown_deadline().is_none() {
            tracing::error!(
                service = %self.0.name,
                "its workers are gone: the service shuts down"
            );
            self.0.shut_down(Instant::now());
        }
    }
}

/// What a poll thread holds: however it ends, the service is known to have ended.
struct Ended(Arc<ServiceState>);

impl Drop for Ended {
    fn drop(&mut self) {
        if *self.0.phase.borrow() != ServicePhase::Stopped {
            self.0.enter(ServicePhase::Stopped);
        }
    }
}

struct Started {
    service: Arc<ServiceState>,
    workers: Vec<JoinHandle<()>>,
}

/// A runtime that was [started](crate::Kafka::start).
///
/// Dropping it tells the services to shut down, without waiting for them.
#[must_use = "dropping it shuts the services down"]
pub struct Running {
    runtime: Arc<Inner>,
    services: Vec<Started>,
    /// The check that goes on beside the services.
    check: Option<cluster::Beside>,
    done: bool,
}

impl Running {
    /// What all services and topics are doing now.
    #[must_use]
    pub fn status(&self) -> KafkaStatus {
        KafkaStatus::of(&self.runtime)
    }

    /// What happens from now on, until the shutdown is done. [`Kafka::events`](crate::Kafka::events) tells of the
    /// start, too.
    ///
    /// ```no_run
    /// # async fn run(running: kafka_model::Running) {
    /// let mut events = running.events();
    /// tokio::spawn(async move {
    ///     while let Some(event) = events.next().await {
    ///         eprintln!("{event}");
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn events(&self) -> Events {
        self.runtime.events.subscribe()
    }

    /// Stops reading, waits for the handlers that are at work until each service's `drain_timeout_ms`,
    /// commits what is settled, and leaves the groups. Then flushes what was published.
    ///
    /// It returns by the deadline even if a handler or a broker hangs, and says what was left undone.
    pub async fn shutdown(self) -> ShutdownReport {
        self.shutdown_unless(future::pending()).await
    }

    /// Shuts down; once `again` is ready, handlers are not waited for any more, and the rest for a moment only.
    async fn shutdown_unless(mut self, again: impl Future<Output = ()>) -> ShutdownReport {
        self.done = true;
        self.check = None;
        self.runtime.stop();
        let now = Instant::now();
        let mut again = pin!(again.fuse());
        // Until when all must be over, if nobody wants to wait.
        let mut last = None;
        for Started { service, .. } in &self.services {
            service.shut_down(now + service.settings.drain_timeout);
        }
        let all: Vec<_> = self
            .services
            .iter()
            .map(|started| Arc::clone(&started.service))
            .collect();
        let mut report = ShutdownReport::default();
        for Started { service, workers } in std::mem::take(&mut self.services) {
            let deadline = now + service.settings.drain_timeout + CLOSE_TIME;
            let mut phase = service.phase.subscribe();
            let mut stopped = pin!(phase.wait_for(|phase| *phase == ServicePhase::Stopped));
            let closed = loop {
                let until = last.map_or(deadline, |last| deadline.min(last));
                tokio::select! {
                    biased;
                    stopped = &mut stopped => break stopped.is_ok(),
                    () = sleep_until(until.into()) => break false,
                    () = &mut again, if last.is_none() => {
                        last = Some(Instant::now() + LAST_TIME);
                        for service in &all {
                            service.shut_down(Instant::now());
                        }
                    }
                }
            };
            for worker in workers {
                // What still runs is reported, and would otherwise outlive the runtime.
                worker.abort();
            }
            let service_report = ServiceReport {
                service: service.name.clone(),
                closed,
                partitions: service.take_report(),
            };
            if !service_report.is_clean() {
                tracing::warn!(service = %service_report.service, report = ?service_report, "left undone");
            }
            report.services.push(service_report);
        }
        let publishers = self.runtime.registered().publishers.clone();
        let mut closing = pin!(join_all(
            publishers.iter().map(|publisher| publisher.close())
        ));
        tokio::select! {
            biased;
            _ = &mut closing => {}
            () = &mut again, if last.is_none() => {}
            () = sleep_until(last.unwrap_or(now).into()), if last.is_some() => {}
        }
        self.runtime.events.close();
        report
    }

    /// Returns once a service is connected, or none is to be; or all that are to be have failed.
    async fn first_connection(&self) -> Result<(), StartError> {
        let mut connecting: FuturesUnordered<_> = self
            .services
            .iter()
            .filter(|started| !started.service.is_idle())
            .enumerate()
            .map(|(order, Started { service, .. })| async move {
                let mut phase = service.phase.subscribe();
                let left = phase
                    .wait_for(|phase| {
                        !matches!(phase, ServicePhase::Idle | ServicePhase::Connecting)
                    })
                    .await;
                match left.as_deref() {
                    Ok(ServicePhase::Failed { error, .. }) => {
                        Some((order, service.name.clone(), error.clone()))
                    }
                    _ => None,
                }
            })
            .collect();
        let mut failed = Vec::new();
        while let Some(failure) = connecting.next().await {
            match failure {
                Some(failure) => failed.push(failure),
                None => return Ok(()),
            }
        }
        failed.sort_by_key(|(order, ..)| *order);
        let failed: Vec<_> = failed
            .into_iter()
            .map(|(_, service, error)| (service, error))
            .collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(StartError::Unreachable { services: failed })
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self
            .services
            .iter()
            .map(|started| &started.service.name)
            .collect();
        f.debug_struct("Running")
            .field("services", &services)
            .finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.done {
            self.runtime.stop();
            let now = Instant::now();
            for Started { service, .. } in &self.services {
                service.shut_down(now + service.settings.drain_timeout);
            }
        }
    }
}
