//! A run, from its first record to its verdict.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::checker::{self, Findings};
use super::clock::Steadiness;
use super::cluster::Cluster;
use super::history::{History, Promises};
use super::log::{self, Event, Log};
use super::members::Members;
use super::nemesis::Nemesis;
use super::plan::{self, Kind};
use super::producer::{Load, Partitions};
use super::proxy::Proxies;
use super::service::{COMMIT_INTERVAL, CONSUMERS, DRAIN_TIMEOUT, MEMORY_BUDGET_KIB};
use super::watch::{Commits, final_read};

/// How long all services may take to have handled something of each partition at first.
const WARM_UP: Duration = Duration::from_secs(90);
/// How long they may take to catch up when the nemesis is done.
const CATCH_UP: Duration = Duration::from_secs(90);
/// How far the wall clock may go astray.
const STEADY: Duration = Duration::from_millis(100);
/// The memory of a service beside its budgets: the program, tokio, librdkafka's threads and connections, and the
/// handlers' own.
const FIXED_KIB: u64 = 64 * 1024;

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What everything is drawn from.
    pub seed: u64,
    /// How long the nemesis is at work, in seconds.
    pub seconds: u64,
    /// Records a second.
    pub rate: u64,
    /// How many services there are at first.
    pub services: u32,
    /// What the nemesis may do.
    pub kinds: Vec<Kind>,
    /// Where the logs are written.
    pub directory: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What happened.
    pub history: History,
    /// What of it broke a promise.
    pub findings: Findings,
}

/// What the services promise.
#[must_use]
pub fn promises() -> Promises {
    Promises {
        commit_interval: COMMIT_INTERVAL,
        commit_slack: Duration::from_millis(2_500),
        aftermath: Duration::from_secs(20),
        // Draining, the last commit, closing, and flushing what is being published.
        shutdown: DRAIN_TIMEOUT + Duration::from_secs(20),
        stall: Duration::from_secs(15),
        memory_kib: CONSUMERS * MEMORY_BUDGET_KIB + FIXED_KIB,
    }
}

/// Runs it, and checks what happened.
///
/// # Errors
/// If there are no logs to be checked.
pub fn run(settings: &Settings) -> Result<Outcome, String> {
    let steadiness = Steadiness::watch();
    std::fs::create_dir_all(&settings.directory).map_err(|error| error.to_string())?;
    let log = Log::open(&settings.directory, 0).map_err(|error| error.to_string())?;
    let log = Arc::new(log);
    log.write(Event::Run {
        seed: settings.seed,
        seconds: settings.seconds,
        rate: settings.rate,
        services: settings.services,
    });
    if let Err(reason) = act(settings, &log) {
        eprintln!("soak: {reason}");
        log.write(Event::Invalid { reason });
    }
    let astray = steadiness.astray();
    if astray > STEADY {
        let reason = format!("the wall clock was set: it went astray by {astray:?}");
        log.write(Event::Invalid { reason });
    }
    judge(&settings.directory)
}

/// Checks the logs in a directory.
///
/// # Errors
/// If they cannot be read.
pub fn judge(directory: &Path) -> Result<Outcome, String> {
    let entries = log::read(directory).map_err(|error| error.to_string())?;
    let history = History::of(&entries, promises());
    let findings = checker::check(&history);
    Ok(Outcome { history, findings })
}

fn act(settings: &Settings, log: &Arc<Log>) -> Result<(), String> {
    let cluster = Cluster::from_env()?;
    let proxies = Proxies::start(&cluster.proxies).map_err(|error| format!("proxies: {error}"))?;
    cluster.create_topics()?;
    let partitions = Partitions::default();
    let commits = Arc::new(Commits::follow(&cluster, Arc::clone(log))?);
    let members = Arc::new(Members::new(
        Arc::clone(log),
        &settings.directory,
        &proxies.bootstrap(),
        settings.seed,
    ));
    for _ in 0..settings.services {
        let _ = members.start();
    }
    let load = Load::start(
        &cluster,
        Arc::clone(log),
        partitions.clone(),
        settings.seed,
        settings.rate,
    );
    let nemesis = Nemesis::new(&cluster, &proxies, &members, &partitions, &commits, log);
    let broken = warm_up(&members, &nemesis).and_then(|()| torment(settings, &nemesis));
    // Whatever happened: what was sent is handled, and what is there is read.
    log.write(Event::Healed);
    let sent = load.stop();
    eprintln!("soak: the last record is sent; the services catch up");
    let caught_up = nemesis.wait_until_caught_up(CATCH_UP)?;
    if !caught_up {
        eprintln!("soak: they did not catch up within {CATCH_UP:?}");
    }
    for process in members.alive() {
        members.ask_to_end(process)?;
    }
    for process in members.alive() {
        // One that does not end is the checker's to judge.
        let _ = members.wait_until_gone(process, promises().shutdown + Duration::from_secs(10));
    }
    // The last commits may just have been taken.
    std::thread::sleep(Duration::from_secs(1));
    let error = final_read(&cluster, log, Duration::from_secs(120)).err();
    log.write(Event::FinalRead { error });
    let (sent, failed) = sent?;
    if failed > sent / 10 {
        return Err(format!("of {sent} records, {failed} were not acknowledged"));
    }
    broken
}

fn warm_up(members: &Members, nemesis: &Nemesis) -> Result<(), String> {
    if !nemesis.wait_until_caught_up(WARM_UP)? {
        return Err(format!(
            "the services did not get to work within {WARM_UP:?}"
        ));
    }
    let deadline = Instant::now() + WARM_UP;
    while members
        .alive()
        .iter()
        .any(|process| members.written(*process) < 2_000)
    {
        if Instant::now() >= deadline {
            return Err("not all services got to work".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn torment(settings: &Settings, nemesis: &Nemesis) -> Result<(), String> {
    if settings.kinds.is_empty() {
        std::thread::sleep(Duration::from_secs(settings.seconds));
    }
    let steps = plan::draw(settings.seed, settings.seconds, &settings.kinds);
    // A machine that is slower than thought does less, but does not run on and on.
    let deadline = Instant::now() + Duration::from_secs(settings.seconds * 3 / 2 + 30);
    for (index, step) in steps.iter().enumerate() {
        if Instant::now() >= deadline {
            eprintln!(
                "soak: {} faults are left out for lack of time",
                steps.len() - index
            );
            break;
        }
        nemesis.take(*step)?;
    }
    Ok(())
}
