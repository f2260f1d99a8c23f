//! What breaks things, and proves that it did.
//!
//! Each family of faults is a file. A fault is written to the log when it begins and when it has ended, with the
//! evidence of its effect: without any it proves nothing, and the run is invalid.

mod brokers;
mod connections;
mod services;
mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::log::{Event, Log};
use super::members::Members;
use super::plan::{Kind, Step};
use super::producer::Partitions;
use super::proxy::Proxies;
use super::random::Random;
use super::stream::Partition;
use super::watch::Commits;

/// How long the services may take to catch up after a fault, before the next one comes anyway.
const RECOVERY: Duration = Duration::from_secs(40);

/// How long the cluster may take to have all its replicas in place.
const WHOLE: Duration = Duration::from_secs(90);

/// The evidence of a fault's effect, or what was looked for in vain.
type Evidence = Result<String, String>;

/// What breaks things.
pub struct Nemesis {
    pub(super) cluster: Cluster,
    pub(super) proxies: Proxies,
    pub(super) members: Arc<Members>,
    pub(super) partitions: Partitions,
    pub(super) commits: Arc<Commits>,
    pub(super) log: Arc<Log>,
    faults: AtomicU32,
}

impl Nemesis {
    /// One for this cluster and these services.
    #[must_use]
    pub fn new(
        cluster: &Cluster,
        proxies: &Proxies,
        members: &Arc<Members>,
        partitions: &Partitions,
        commits: &Arc<Commits>,
        log: &Arc<Log>,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            proxies: proxies.clone(),
            members: Arc::clone(members),
            partitions: partitions.clone(),
            commits: Arc::clone(commits),
            log: Arc::clone(log),
            faults: AtomicU32::new(0),
        }
    }

    /// Does what a step says, and waits until the services have caught up.
    ///
    /// # Errors
    /// If something cannot be made whole again: the run proves nothing from there on.
    ///
    /// # Panics
    /// If a thread of it did.
    pub fn take(&self, step: Step) -> Result<(), String> {
        self.cluster.wait_until_whole(WHOLE)?;
        let before = self.faults.load(Ordering::SeqCst);
        let (one, other) = std::thread::scope(|scope| {
            let beside = step.beside.map(|(kind, seed)| {
                scope.spawn(move || {
                    sleep(Duration::from_millis(500));
                    self.act(kind, seed)
                })
            });
            let one = self.act(step.kind, step.seed);
            let other = beside.map_or(Ok(()), |beside| beside.join().expect("a nemesis"));
            (one, other)
        });
        one.and(other)?;
        if self.wait_until_caught_up(RECOVERY)? {
            for number in before + 1..=self.faults.load(Ordering::SeqCst) {
                self.log.write(Event::Recovered { number });
            }
        }
        Ok(())
    }

    fn act(&self, kind: Kind, seed: u64) -> Result<(), String> {
        let random = &mut Random::new(seed);
        match kind {
            Kind::RestartService => self.restart_service(random),
            Kind::ChangeMembers => self.change_members(random),
            Kind::AddPartitions => self.add_partitions(random),
            Kind::RefuseDeadLetters => self.refuse_dead_letters(random),
            Kind::DeleteRecords => self.delete_records(random),
            Kind::SlowHandler => self.slow_handler(random),
            Kind::HangHandler => self.hang_handler(random),
            Kind::KillService => self.kill_service(random),
            Kind::StopService => self.stop_service(random),
            Kind::KillBroker => self.kill_broker(random),
            Kind::PauseBroker => self.pause_broker(random),
            Kind::MoveCoordinator => self.move_coordinator(random),
            Kind::CutConnections => self.cut_connections(random),
            Kind::FreezeConnections => self.freeze_connections(random),
            Kind::DropCommitReplies => self.drop_commit_replies(random),
        }
        .map_err(|error| format!("{kind}: {error}"))
    }

    fn begin(&self, kind: Kind, target: &str, processes: &[u32]) -> u32 {
        let number = self.faults.fetch_add(1, Ordering::SeqCst) + 1;
        eprintln!("soak: fault {number}: {kind}: {target}");
        self.log.write(Event::FaultBegan {
            number,
            kind: kind.to_string(),
            target: target.to_owned(),
            processes: processes.to_vec(),
            graceful: Kind::GRACEFUL.contains(&kind),
        });
        number
    }

    fn end(&self, number: u32, evidence: Evidence) {
        match &evidence {
            Ok(effect) => eprintln!("soak: fault {number}: {effect}"),
            Err(reason) => eprintln!("soak: fault {number}: NO EFFECT: {reason}"),
        }
        self.log.write(Event::FaultEnded { number, evidence });
    }

    /// One of the services that run.
    fn service(&self, random: &mut Random) -> Result<u32, String> {
        let alive = self.members.alive();
        if alive.is_empty() {
            return Err("no service runs".to_owned());
        }
        Ok(*random.one_of(&alive))
    }

    /// Waits until everything that is in the topics now is handled and committed. `false`: not within `patience`.
    ///
    /// # Errors
    /// If the cluster does not say where its partitions end.
    pub fn wait_until_caught_up(&self, patience: Duration) -> Result<bool, String> {
        let deadline = Instant::now() + patience;
        let ends = retried(|| self.ends())?;
        while !self.reached(&ends) {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            sleep(Duration::from_millis(50));
        }
        Ok(true)
    }

    /// Where all partitions end.
    fn ends(&self) -> Result<BTreeMap<Partition, i64>, String> {
        self.cluster
            .partitions()?
            .into_iter()
            .map(|partition| {
                Ok((
                    partition,
                    self.cluster
                        .ends(partition.stream.topic(), partition.number)?
                        .1,
                ))
            })
            .collect()
    }

    fn reached(&self, ends: &BTreeMap<Partition, i64>) -> bool {
        let committed = self.commits.newest();
        ends.iter()
            .all(|(partition, end)| committed.get(partition).copied().unwrap_or(0) >= *end)
    }

    /// Waits until a service writes to its log that it has handled something more.
    fn wait_until_at_work(&self, process: u32, patience: Duration) -> Result<(), String> {
        let before = self.members.written(process).max(400);
        wait_for(patience, || self.members.written(process) > before + 400)
            .then_some(())
            .ok_or_else(|| format!("process {process} handled nothing for {patience:?}"))
    }
}

/// Waits until it is so. `false`: not within `patience`.
fn wait_for(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !is_so() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

/// Asks a cluster that may just have lost a broker, until it answers.
pub(super) fn retried<T>(mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match ask() {
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(200)),
            answer => return answer,
        }
    }
}
