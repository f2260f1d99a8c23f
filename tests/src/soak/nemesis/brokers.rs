//! Faults of brokers.

use std::thread::sleep;
use std::time::Duration;

use super::{Evidence, Nemesis, WHOLE, retried, wait_for};
use crate::soak::cluster::offsets_partition;
use crate::soak::plan::Kind;
use crate::soak::proxy::Selector;
use crate::soak::random::Random;
use crate::soak::stream::Stream;

impl Nemesis {
    pub(super) fn kill_broker(&self, random: &mut Random) -> Result<(), String> {
        let node = random.between(1, 3);
        let name = node.to_string();
        let of = Selector::node(usize::try_from(node).expect("a node"));
        let before = self.proxies.counts(&of);
        let fault = self.begin(Kind::KillBroker, &format!("node {node}"), &[]);
        self.cluster.control(&["kill-broker", &name])?;
        sleep(Duration::from_millis(random.between(1_000, 4_000)));
        let after = self.proxies.counts(&of);
        self.cluster.control(&["start-broker", &name])?;
        self.cluster.wait_until_whole(WHOLE)?;
        let broken = after.broken - before.broken;
        self.end(
            fault,
            if broken > 0 {
                Ok(format!("{broken} connections broke or were refused"))
            } else {
                Err("no service was connected to it".to_owned())
            },
        );
        Ok(())
    }

    pub(super) fn pause_broker(&self, random: &mut Random) -> Result<(), String> {
        let node = random.between(1, 3);
        let name = node.to_string();
        let of = Selector::node(usize::try_from(node).expect("a node"));
        let time = Duration::from_secs(random.between(3, 8));
        let fault = self.begin(Kind::PauseBroker, &format!("node {node} for {time:?}"), &[]);
        self.cluster.control(&["pause-broker", &name])?;
        sleep(Duration::from_millis(500));
        let before = self.proxies.counts(&of);
        sleep(time);
        let after = self.proxies.counts(&of);
        self.cluster.control(&["continue-broker", &name])?;
        self.cluster.wait_until_whole(WHOLE)?;
        let (asked, answered) = (
            after.requests - before.requests,
            after.replies - before.replies,
        );
        self.end(
            fault,
            match (self.proxies.open(&of), answered) {
                (0, _) => Err("no service was connected to it".to_owned()),
                (open, 0) => Ok(format!(
                    "{open} connections, {asked} requests more, no reply for {time:?}"
                )),
                _ => Err(format!("it gave {answered} replies")),
            },
        );
        Ok(())
    }

    pub(super) fn move_coordinator(&self, random: &mut Random) -> Result<(), String> {
        let group = random.one_of(&Stream::SOURCES).group();
        let from = retried(|| self.cluster.coordinator(group))?;
        let to = i32::try_from(random.between(1, 2)).expect("a node");
        let to = (from - 1 + to) % 3 + 1;
        let count = retried(|| self.cluster.leaders("__consumer_offsets"))?.len();
        let partition = offsets_partition(group, i32::try_from(count).expect("a count"));
        let fault = self.begin(
            Kind::MoveCoordinator,
            &format!("of {group} from node {from} to node {to}"),
            &[],
        );
        let moved = self.cluster.control(&[
            "move-leader",
            "__consumer_offsets",
            &partition.to_string(),
            &to.to_string(),
        ]);
        let evidence: Evidence = moved.and_then(|_| {
            let arrived = || self.cluster.coordinator(group).is_ok_and(|at| at == to);
            wait_for(Duration::from_secs(15), arrived)
                .then(|| format!("node {to} is the coordinator"))
                .ok_or("the coordinator did not move".to_owned())
        });
        self.end(fault, evidence);
        Ok(())
    }
}
