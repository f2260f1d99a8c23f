//! The event log: one file for each process, one line for each event.
//!
//! A line is one `write` to a file that is open for appending. So it is whole or not there when its process is
//! killed, and what was written outlives the process: it is in the kernel's hands.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::clock::{Nanos, now};
use super::stream::Stream;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written.
    pub at: Nanos,
    /// Which process wrote it: 0 is the harness itself, the others are incarnations of services.
    pub by: u32,
    /// What happened.
    pub event: Event,
}

/// A record: where it is and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rec {
    /// Its stream.
    pub s: Stream,
    /// Its partition.
    pub p: i32,
    /// Its offset.
    pub o: i64,
    /// Its id, which no other record of the run has.
    pub id: u64,
    /// Its key, within its partition.
    pub key: u32,
    /// The hash of its key and payload.
    pub hash: u64,
}

/// How a handler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It returned `Ok`.
    Done,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The run begins.
    Run {
        /// What everything is drawn from.
        seed: u64,
        /// How long the nemesis is at work.
        seconds: u64,
        /// Records a second.
        rate: u64,
        /// How many services there are at first.
        services: u32,
    },
    /// The broker has acknowledged a record to the producer. Its offset is negative if the broker did not say it: that
    /// of a record which it already had, when its first acknowledgement was lost.
    Acknowledged(Rec),
    /// The final read found this record in its topic.
    Present {
        /// The record.
        rec: Rec,
        /// When it was appended, or when its producer made it.
        appended: Nanos,
    },
    /// The final read found this record in a dead-letter topic; where it came from at first is by its headers.
    DeadLettered {
        /// The record as it was.
        rec: Rec,
        /// When the broker appended it.
        appended: Nanos,
    },
    /// A handler begins with a record.
    Began(Rec),
    /// A handler is about to end. Written before it returns, so before anything can be committed.
    Ended {
        /// The record.
        rec: Rec,
        /// How.
        outcome: Outcome,
    },
    /// A handler hangs on command, from now on and for this long.
    Hangs {
        /// The record.
        rec: Rec,
        /// In milliseconds.
        millis: u64,
    },
    /// A service process was started; written by the harness.
    Started {
        /// Its incarnation.
        process: u32,
    },
    /// A service is connected and consumes.
    Ready,
    /// A service was asked to end.
    Ending {
        /// Its incarnation.
        process: u32,
    },
    /// A service has shut down, and says what it could not finish.
    ShutDown {
        /// Whether nothing was left undone.
        clean: bool,
        /// What was.
        report: String,
    },
    /// A service process is gone; written by the harness.
    Gone {
        /// Its incarnation.
        process: u32,
        /// How: an exit status, as text.
        status: String,
        /// Whether it was as it should be: killed by the nemesis, or ended with 0 after it was asked to.
        expected: bool,
    },
    /// What the runtime told of itself: assignments, losses, failures.
    Told {
        /// What.
        text: String,
    },
    /// A commit, as it stands in `__consumer_offsets`.
    Committed {
        /// The group.
        group: String,
        /// The stream.
        s: Stream,
        /// The partition.
        p: i32,
        /// The next offset to read.
        next: i64,
        /// When the coordinator took it.
        taken: Nanos,
    },
    /// A fault begins.
    FaultBegan {
        /// Its number.
        number: u32,
        /// Its kind.
        kind: String,
        /// What it hits, for people.
        target: String,
        /// The service processes that it hits; none: all of them.
        processes: Vec<u32>,
        /// Whether what it hits loses nothing of what it has done: the zero duplicates are promised then.
        graceful: bool,
    },
    /// A fault has ended: what it broke is whole again, as far as the nemesis can tell.
    FaultEnded {
        /// Its number.
        number: u32,
        /// What proves that it had an effect; or what was looked for in vain.
        evidence: Result<String, String>,
    },
    /// After a fault, everything that had been sent when it ended was handled and committed.
    Recovered {
        /// Its number.
        number: u32,
    },
    /// Records below an offset were deleted on purpose.
    Deleted {
        /// The stream.
        s: Stream,
        /// The partition.
        p: i32,
        /// Everything below it is gone.
        below: i64,
    },
    /// A process's memory.
    Memory {
        /// Its incarnation.
        process: u32,
        /// The most that was resident, in KiB (`VmHWM`).
        peak_kib: u64,
    },
    /// The nemesis is done: from now on everything must recover.
    Healed,
    /// Where a partition ends.
    End {
        /// The stream.
        s: Stream,
        /// The partition.
        p: i32,
        /// Its first offset.
        low: i64,
        /// The offset behind its last record.
        high: i64,
    },
    /// The final read of everything is done.
    FinalRead {
        /// Why it failed, if it did.
        error: Option<String>,
    },
    /// The run cannot prove anything, and why.
    Invalid {
        /// Why.
        reason: String,
    },
}

/// Writes the log of one process. Its clones write to the same file.
#[derive(Debug)]
pub struct Log {
    file: File,
    by: u32,
}

impl Log {
    /// The log of process `by` in `directory`.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(directory: &Path, by: u32) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(directory.join(format!("{by:04}.log")))?;
        Ok(Self { file, by })
    }

    /// Writes what happened now.
    ///
    /// # Panics
    /// If it cannot be written: nothing that follows would prove anything.
    pub fn write(&self, event: Event) {
        let entry = Entry {
            at: now(),
            by: self.by,
            event,
        };
        let mut line = serde_json::to_vec(&entry).expect("an entry as JSON");
        line.push(b'\n');
        (&self.file).write_all(&line).expect("the event log");
    }
}

/// Reads all logs in `directory`, in the order of time.
///
/// # Errors
/// If one cannot be read, or has a line that is not an entry (but for a last one that was cut off).
pub fn read(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "log"));
    paths.sort();
    for path in paths {
        let text = fs::read(&path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        for line in text[..whole].split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                entries.push(
                    serde_json::from_slice(line).map_err(|error| {
                        io::Error::other(format!("{}: {error}", path.display()))
                    })?,
                );
            }
        }
    }
    // Stable: what one process wrote within the same nanosecond stays in its order.
    entries.sort_by_key(|entry: &Entry| entry.at);
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_left_out() {
        let directory = std::env::temp_dir().join(format!("soak-log-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let log = Log::open(&directory, 3).unwrap();
        log.write(Event::Ready);
        log.write(Event::Healed);
        (&log.file).write_all(br#"{"at":1,"by"#).unwrap();
        let entries = read(&directory).unwrap();
        let events: Vec<_> = entries.into_iter().map(|entry| entry.event).collect();
        assert_eq!(events, [Event::Ready, Event::Healed]);
        fs::remove_dir_all(&directory).unwrap();
    }
}
