//! Faults of service processes.

use std::thread::sleep;
use std::time::Duration;

use super::{Evidence, Nemesis, wait_for};
use crate::soak::plan::Kind;
use crate::soak::random::Random;
use crate::soak::service::DRAIN_TIMEOUT;
use crate::soak::stream::Stream;

/// How long a service may take to be at work.
const SOON: Duration = Duration::from_secs(40);
/// How many members there are at most.
const MOST: usize = 4;

impl Nemesis {
    pub(super) fn restart_service(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let fault = self.begin(
            Kind::RestartService,
            &format!("process {process}"),
            &[process],
        );
        let evidence = self.replace(process);
        self.end(fault, evidence);
        Ok(())
    }

    fn replace(&self, process: u32) -> Evidence {
        self.wait_until_at_work(process, SOON)?;
        self.members.ask_to_end(process)?;
        self.members.wait_until_gone(process, SOON)?;
        let new = self.members.start();
        self.wait_until_at_work(new, SOON)?;
        Ok(format!(
            "it was at work and ended, and process {new} is at work"
        ))
    }

    pub(super) fn change_members(&self, random: &mut Random) -> Result<(), String> {
        if self.members.alive().len() < MOST {
            let fault = self.begin(Kind::ChangeMembers, "one more", &[]);
            let new = self.members.start();
            let at_work = self.wait_until_at_work(new, SOON);
            self.end(fault, at_work.map(|()| format!("process {new} is at work")));
        } else {
            let process = self.service(random)?;
            let fault = self.begin(
                Kind::ChangeMembers,
                &format!("without process {process}"),
                &[process],
            );
            let evidence = self.remove(process);
            self.end(fault, evidence);
        }
        Ok(())
    }

    fn remove(&self, process: u32) -> Evidence {
        self.wait_until_at_work(process, SOON)?;
        self.members.ask_to_end(process)?;
        self.members.wait_until_gone(process, SOON)?;
        Ok("it was at work and ended".to_owned())
    }

    pub(super) fn kill_service(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let at_work = self.wait_until_at_work(process, SOON);
        let fault = self.begin(Kind::KillService, &format!("process {process}"), &[process]);
        self.members.kill(process)?;
        let new = self.members.start();
        let evidence = at_work
            .and_then(|()| self.wait_until_at_work(new, SOON))
            .map(|()| format!("it was at work when it was killed, and process {new} is at work"));
        self.end(fault, evidence);
        Ok(())
    }

    pub(super) fn stop_service(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        // A session is 6 s.
        let time = Duration::from_secs(*random.one_of(&[3, 9]));
        let at_work = self.wait_until_at_work(process, SOON);
        let fault = self.begin(
            Kind::StopService,
            &format!("process {process} for {time:?}"),
            &[process],
        );
        self.members.signal(process, "STOP")?;
        wait_for(Duration::from_secs(5), || {
            self.members.kernel_state(process) == Some('T')
        });
        let before = self.members.written(process);
        sleep(time);
        let state = self.members.kernel_state(process);
        let after = self.members.written(process);
        self.members.signal(process, "CONT")?;
        let evidence = at_work.and_then(|()| {
            if state == Some('T') && before == after {
                Ok("it was at work, and did nothing while it was stopped".to_owned())
            } else {
                Err(format!(
                    "its state was {state:?}, and it wrote {} bytes",
                    after - before
                ))
            }
        });
        self.end(fault, evidence);
        Ok(())
    }

    pub(super) fn slow_handler(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let stream = self.stream_of(process, random)?;
        let time = Duration::from_millis(random.between(1_500, 3_000));
        let fault = self.begin(
            Kind::SlowHandler,
            &format!("{stream} in process {process} for {time:?}"),
            &[process],
        );
        let evidence = self.hang(process, stream, time);
        sleep(time);
        self.end(fault, evidence);
        Ok(())
    }

    pub(super) fn hang_handler(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let stream = self.stream_of(process, random)?;
        let time = DRAIN_TIMEOUT + Duration::from_millis(random.between(2_000, 4_000));
        let fault = self.begin(
            Kind::HangHandler,
            &format!("{stream} in process {process} for {time:?}, while a member joins or leaves"),
            &[process],
        );
        let evidence = self.hang(process, stream, time);
        let moved = self.move_partitions(process);
        sleep(time);
        self.end(
            fault,
            evidence.and_then(|hangs| Ok(format!("{hangs}; {}", moved?))),
        );
        Ok(())
    }

    /// Has a member join, or another one than `process` leave.
    fn move_partitions(&self, process: u32) -> Evidence {
        let alive = self.members.alive();
        if alive.len() < MOST {
            let new = self.members.start();
            return Ok(format!("process {new} joined"));
        }
        let other = alive
            .into_iter()
            .find(|other| *other != process)
            .ok_or("there is no other member")?;
        self.members.ask_to_end(other)?;
        self.members.wait_until_gone(other, SOON)?;
        Ok(format!("process {other} left"))
    }

    /// One of the streams of which a process has partitions.
    fn stream_of(&self, process: u32, random: &mut Random) -> Result<Stream, String> {
        self.wait_until_at_work(process, SOON)?;
        let mut streams = self.members.streams(process, Duration::from_secs(2));
        streams.retain(|stream| Stream::SOURCES.contains(stream));
        if streams.is_empty() {
            return Err(format!("process {process} handles nothing"));
        }
        Ok(*random.one_of(&streams))
    }

    fn hang(&self, process: u32, stream: Stream, time: Duration) -> Evidence {
        let hangs = || self.members.times_written(process, "\"hangs\"");
        let before = hangs();
        self.members.hang(process, stream, time)?;
        // It may have no partition of the stream for a moment, or no record.
        wait_for(SOON, || hangs() > before)
            .then(|| format!("a handler took {time:?}"))
            .ok_or("no handler was there to hang".to_owned())
    }
}
