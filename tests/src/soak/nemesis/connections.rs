//! Faults of connections.

use std::thread::sleep;
use std::time::Duration;

use super::{Nemesis, wait_for};
use crate::soak::members::client;
use crate::soak::plan::Kind;
use crate::soak::proxy::{OFFSET_COMMIT, Selector};
use crate::soak::random::Random;

impl Nemesis {
    pub(super) fn cut_connections(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let of = Selector::client(&client(process));
        let times = random.between(2, 4);
        let fault = self.begin(
            Kind::CutConnections,
            &format!("process {process}, {times} times"),
            &[process],
        );
        let mut cut = 0;
        for _ in 0..times {
            cut += self.proxies.cut(&of);
            sleep(Duration::from_millis(random.between(100, 1_000)));
        }
        self.end(
            fault,
            if cut > 0 {
                Ok(format!("{cut} connections were cut"))
            } else {
                Err("it had no connection".to_owned())
            },
        );
        Ok(())
    }

    pub(super) fn freeze_connections(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let of = Selector::client(&client(process));
        // A session is 6 s.
        let time = Duration::from_secs(*random.one_of(&[3, 9]));
        let fault = self.begin(
            Kind::FreezeConnections,
            &format!("process {process} for {time:?}"),
            &[process],
        );
        let before = self.proxies.counts(&of);
        self.proxies.freeze(&of);
        sleep(time);
        let after = self.proxies.counts(&of);
        self.proxies.thaw(&of);
        let held = after.held - before.held;
        self.end(
            fault,
            if held > 0 {
                Ok(format!("{held} requests and replies were held up"))
            } else {
                Err("nothing was under way".to_owned())
            },
        );
        Ok(())
    }

    pub(super) fn drop_commit_replies(&self, random: &mut Random) -> Result<(), String> {
        let process = self.service(random)?;
        let of = Selector::client(&client(process));
        let times = random.between(2, 5);
        let fault = self.begin(
            Kind::DropCommitReplies,
            &format!("process {process}, {times} times"),
            &[process],
        );
        self.proxies.swallow(&of, OFFSET_COMMIT, times);
        wait_for(Duration::from_secs(20), || {
            self.proxies.has_swallowed(times)
        });
        let swallowed = self.proxies.swallowed();
        self.end(
            fault,
            if swallowed > 0 {
                Ok(format!("{swallowed} replies were lost"))
            } else {
                Err("it committed nothing".to_owned())
            },
        );
        Ok(())
    }
}
