//! What the registered models need of their clusters: looked at before it is needed, and created when asked for.
//!
//! The way of a check: [`needs`] says which topics and groups the models need, by cluster; [`look`] asks each cluster, on
//! a thread of its own; [`judge`] holds the one against the other, and knows no cluster; [`report`] is what the user gets.
//! A plan of topics goes the same way: [`plan`] compares, and [`apply`] does what was asked for. [`spec`] is how a topic
//! is declared, and where it differs.

mod apply;
mod judge;
mod look;
mod needs;
mod plan;
mod report;
mod spec;

pub use apply::{TopicChange, TopicChanges, TopicDone, TopicsError};
pub use plan::{PlannedTopic, TopicPlan, TopicStep};
pub use report::{CheckProblem, CheckReport, CheckedTopic, NotChecked, Operation, Resource};
pub use spec::{Difference, TopicDifference, TopicPurpose, TopicSpec};

pub(crate) use needs::RegisteredField;
pub(crate) use plan::{create_missing, plan};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::oneshot;

use crate::config::Connection;
use crate::runtime::{Event, Inner};
use look::Facts;
use needs::{Cluster, Needs};

/// How many clusters are asked at once.
const AT_ONCE: usize = 8;
const PANICKED: &str = "it panicked (a defect of kafka-model; please report it)";

/// Checks everything that is registered, on a thread of its own.
pub(crate) async fn check(runtime: &Arc<Inner>) -> CheckReport {
    let runtime = Arc::clone(runtime);
    let checked = elsewhere(move || check_now(&runtime, &AtomicBool::new(false))).await;
    checked.unwrap_or_else(CheckReport::not_done)
}

/// A check that goes on beside the services, until it is dropped.
pub(crate) struct Beside(Arc<AtomicBool>);

impl Beside {
    /// Checks everything that is registered, and tells what is wrong.
    pub(crate) fn start(runtime: &Arc<Inner>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (runtime, stopped) = (Arc::clone(runtime), Arc::clone(&stop));
        let spawned = thread::Builder::new()
            .name("kafka-check".to_owned())
            .spawn(move || {
                let report = check_now(&runtime, &stopped);
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                for problem in report.problems() {
                    runtime.events.tell(Event::CheckFound {
                        service: problem.service().to_owned(),
                        problem: problem.clone(),
                    });
                }
                for difference in report.differences() {
                    tracing::info!(%difference, "a topic is not as the model declares it");
                }
                for not_checked in report.not_checked() {
                    tracing::debug!(%not_checked, "not checked");
                }
            });
        if let Err(error) = spawned {
            tracing::warn!(%error, "nothing is checked: no thread could be started for it");
        }
        Self(stop)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn check_now(runtime: &Inner, stop: &AtomicBool) -> CheckReport {
    let needs = Needs::of(runtime);
    let mut report = CheckReport::default();
    for (cluster, facts) in look_at(&needs, &runtime.connection, stop) {
        match facts {
            Ok(facts) => report.add(judge::judge(cluster, &facts)),
            Err(reason) => report.add(CheckReport::not_done(reason)),
        }
    }
    report
}

/// What each cluster says: several are asked at once, so that one that is away holds up few others.
fn look_at<'n>(
    needs: &'n Needs,
    connection: &Connection,
    stop: &AtomicBool,
) -> Vec<(&'n Cluster, Result<Facts, String>)> {
    let mut all = Vec::new();
    for clusters in needs.clusters.chunks(AT_ONCE) {
        thread::scope(|scope| {
            let asking = clusters.iter().map(|cluster| {
                let asking = thread::Builder::new()
                    .name("kafka-check".to_owned())
                    .spawn_scoped(scope, move || look::look(cluster, connection, stop));
                (cluster, asking)
            });
            let asking: Vec<_> = asking.collect();
            all.extend(asking.into_iter().map(|(cluster, asking)| {
                let facts = match asking.map(thread::ScopedJoinHandle::join) {
                    Ok(Ok(facts)) => Ok(facts),
                    Ok(Err(_)) => Err(PANICKED.to_owned()),
                    Err(error) => Err(format!("no thread could be started: {error}")),
                };
                (cluster, facts)
            }));
        });
    }
    all
}

/// What `work` yields, which may block; or why it could not be done.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name("kafka-check".to_owned())
        .spawn(move || {
            // Nobody may wait for it any more.
            let _ = done.send(work());
        })
        .map_err(|error| format!("no thread could be started: {error}"))?;
    result.await.map_err(|_| PANICKED.to_owned())
}
