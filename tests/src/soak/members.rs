//! The service processes: started, asked to end, killed, stopped and continued; and watched all the while.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::clock::{nanos, now};
use super::log::{Entry, Event, Log};
use super::stream::Stream;
use super::watch::peak_kib;

/// How often memory is looked at, and whether they are alive.
const LOOK: Duration = Duration::from_millis(200);

/// The services of a run. They are killed when this is dropped.
#[derive(Debug)]
pub struct Members {
    shared: Arc<Shared>,
    monitor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    log: Arc<Log>,
    directory: PathBuf,
    bootstrap: String,
    seed: u64,
    alive: Mutex<State>,
    done: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    last: u32,
    alive: BTreeMap<u32, Member>,
}

#[derive(Debug)]
struct Member {
    child: Child,
    /// Whether and how it is to end.
    ending: Ending,
    peak_kib: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Not,
    Asked,
    Killed,
}

impl Members {
    /// None yet; those to come connect to `bootstrap` and write their logs in `directory`.
    #[must_use]
    pub fn new(log: Arc<Log>, directory: &Path, bootstrap: &str, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            log,
            directory: directory.to_owned(),
            bootstrap: bootstrap.to_owned(),
            seed,
            alive: Mutex::default(),
            done: AtomicBool::new(false),
        });
        let watched = Arc::clone(&shared);
        let monitor = thread::spawn(move || {
            while !watched.done.load(Ordering::SeqCst) {
                watched.look();
                thread::sleep(LOOK);
            }
        });
        Self {
            shared,
            monitor: Some(monitor),
        }
    }

    /// Starts one; returns its number.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(&self) -> u32 {
        let mut state = self.shared.state();
        state.last += 1;
        let number = state.last;
        let output = self.shared.directory.join(format!("{number:04}.output"));
        let output = File::create(output).expect("a file");
        self.shared.log.write(Event::Started { process: number });
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "service",
                &number.to_string(),
                &self.shared.seed.to_string(),
            ])
            .arg(&self.shared.bootstrap)
            .arg(&self.shared.directory)
            .env("SOAK_CLIENT", client(number))
            // Handlers panic on purpose, and each backtrace would load the symbols of the program.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a file"))
            .stderr(output)
            .spawn()
            .expect("a service process");
        let member = Member {
            child,
            ending: Ending::Not,
            peak_kib: 0,
        };
        state.alive.insert(number, member);
        number
    }

    /// The numbers of those that run.
    #[must_use]
    pub fn alive(&self) -> Vec<u32> {
        self.shared.state().alive.keys().copied().collect()
    }

    /// Sends a signal (`STOP`, `CONT`).
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, number: u32, name: &str) -> Result<(), String> {
        let state = self.shared.state();
        let member = state.alive.get(&number).ok_or("it does not run")?;
        signal(member.child.id(), name)
    }

    /// How many bytes of events it has written: more and more, while it handles records.
    #[must_use]
    pub fn written(&self, number: u32) -> u64 {
        let log = self.shared.directory.join(format!("{number:04}.log"));
        std::fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    /// The streams of which it has begun records in the last `time`.
    #[must_use]
    pub fn streams(&self, number: u32, time: Duration) -> Vec<Stream> {
        let log = self.shared.directory.join(format!("{number:04}.log"));
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let since = now().saturating_sub(nanos(time));
        let began = text
            .lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let mut streams: Vec<_> = began
            .take_while(|entry| entry.at >= since)
            .filter_map(|entry| match entry.event {
                Event::Began(rec) => Some(rec.s),
                _ => None,
            })
            .collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }

    /// How often it has written these words.
    #[must_use]
    pub fn times_written(&self, number: u32, words: &str) -> usize {
        let log = self.shared.directory.join(format!("{number:04}.log"));
        std::fs::read_to_string(log).map_or(0, |text| text.matches(words).count())
    }

    /// Its state as the kernel says it: `T` is stopped.
    #[must_use]
    pub fn kernel_state(&self, number: u32) -> Option<char> {
        let pid = self.shared.state().alive.get(&number)?.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    /// Tells it something.
    ///
    /// # Errors
    /// If it does not run.
    pub fn tell(&self, number: u32, line: &str) -> Result<(), String> {
        let mut state = self.shared.state();
        let member = state.alive.get_mut(&number).ok_or("it does not run")?;
        let stdin = member.child.stdin.as_mut().ok_or("it has no input")?;
        writeln!(stdin, "{line}").map_err(|error| error.to_string())
    }

    /// Has the next handler of a stream hang in it.
    ///
    /// # Errors
    /// If it does not run.
    pub fn hang(&self, number: u32, stream: Stream, time: Duration) -> Result<(), String> {
        self.tell(
            number,
            &format!("hang {} {}", stream.topic(), time.as_millis()),
        )
    }

    /// Kills it, and waits until it is gone.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&self, number: u32) -> Result<(), String> {
        {
            let mut state = self.shared.state();
            let member = state.alive.get_mut(&number).ok_or("it does not run")?;
            member.ending = Ending::Killed;
            member.child.kill().map_err(|error| error.to_string())?;
        }
        self.wait_until_gone(number, Duration::from_secs(10))
    }

    /// Asks it with SIGTERM to end.
    ///
    /// # Errors
    /// If it does not run.
    pub fn ask_to_end(&self, number: u32) -> Result<(), String> {
        let mut state = self.shared.state();
        let member = state.alive.get_mut(&number).ok_or("it does not run")?;
        member.ending = Ending::Asked;
        self.shared.log.write(Event::Ending { process: number });
        signal(member.child.id(), "TERM")
    }

    /// Waits until it is gone.
    ///
    /// # Errors
    /// If it is not.
    pub fn wait_until_gone(&self, number: u32, patience: Duration) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        loop {
            self.shared.look();
            if !self.shared.state().alive.contains_key(&number) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(format!("process {number} is not gone after {patience:?}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The client id of a service process, by which the proxies know it.
#[must_use]
pub fn client(number: u32) -> String {
    format!("service-{number}")
}

fn signal(pid: u32, name: &str) -> Result<(), String> {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .map_err(|error| error.to_string())?;
    status
        .success()
        .then_some(())
        .ok_or("no such process".to_owned())
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes who is gone, and how much memory the others use.
    fn look(&self) {
        let mut state = self.state();
        state.alive.retain(|number, member| {
            if let Ok(peak_kib) = peak_kib(member.child.id())
                && peak_kib > member.peak_kib
            {
                member.peak_kib = peak_kib;
                let process = *number;
                self.log.write(Event::Memory { process, peak_kib });
            }
            let Ok(Some(status)) = member.child.try_wait() else {
                return true;
            };
            let expected = match member.ending {
                Ending::Not => false,
                Ending::Asked => status.success(),
                Ending::Killed => status.signal() == Some(9),
            };
            self.log.write(Event::Gone {
                process: *number,
                status: status.to_string(),
                expected,
            });
            false
        });
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.shared.done.store(true, Ordering::SeqCst);
        if let Some(monitor) = self.monitor.take() {
            let _ = monitor.join();
        }
        for (_, mut member) in std::mem::take(&mut self.shared.state().alive) {
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
    }
}
