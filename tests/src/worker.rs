//! Processes of the `worker` binary.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::Broker;

/// What one process has handled, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The record's id.
    pub id: u64,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// A process of the `worker` binary. It is killed when this is dropped.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    log: PathBuf,
}

impl WorkerProcess {
    /// Starts `binary` as a member of the group `model`; what it handles, it writes to a new file in
    /// `directory`.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(
        binary: &str,
        broker: &Broker,
        model: &str,
        directory: &Path,
        number: usize,
    ) -> Self {
        Self::start_slow(
            binary,
            broker,
            model,
            directory,
            number,
            Duration::from_millis(2),
        )
    }

    /// The same, with a handler that takes so long for each record.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_slow(
        binary: &str,
        broker: &Broker,
        model: &str,
        directory: &Path,
        number: usize,
        takes: Duration,
    ) -> Self {
        fs::create_dir_all(directory).expect("a directory");
        let log = directory.join(format!("{model}-{}-{number}.log", std::process::id()));
        let _ = fs::remove_file(&log);
        let child = Command::new(binary)
            .args([model, broker.address()])
            .arg(&log)
            .env("WORKER_MILLIS", takes.as_millis().to_string())
            .spawn()
            .expect("the worker binary");
        Self { child, log }
    }

    /// What it has handled.
    ///
    /// # Panics
    /// If its log is not what it should be.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        // A line that is just being written is not there yet.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| {
                let mut numbers = line
                    .split(' ')
                    .map(|number| number.parse::<i64>().expect("a number"));
                let mut next = || numbers.next().expect("three numbers");
                let (id, partition, offset) = (next(), next(), next());
                Line {
                    id: id.try_into().expect("an id"),
                    partition: partition.try_into().expect("a partition"),
                    offset,
                }
            })
            .collect()
    }

    /// Kills it with SIGKILL.
    ///
    /// # Panics
    /// If that fails.
    pub fn kill(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    /// Asks it with SIGTERM to end.
    ///
    /// # Panics
    /// If that fails.
    pub fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args(["-s", "TERM", &pid])
            .status()
            .expect("kill");
        assert!(status.success(), "kill: {status}");
    }

    /// Whether it would be told of SIGTERM, and not just ended by it: by Linux's word.
    #[must_use]
    pub fn listens_to_sigterm(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & (1 << 14) != 0)
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// If that cannot be told.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("its state")
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}

/// How often each record was handled, by partition and offset.
#[must_use]
pub fn times_handled<'a>(lines: impl IntoIterator<Item = &'a Line>) -> HashMap<(i32, i64), usize> {
    let mut times = HashMap::new();
    for line in lines {
        *times.entry((line.partition, line.offset)).or_insert(0) += 1;
    }
    times
}
