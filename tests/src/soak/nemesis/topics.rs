//! What is done to topics.

use std::time::Duration;

use super::{Evidence, Nemesis, retried, wait_for};
use crate::soak::log::Event;
use crate::soak::plan::Kind;
use crate::soak::random::Random;
use crate::soak::stream::{Partition, Stream};

/// How many partitions a topic has at most.
const MOST: i32 = 16;

impl Nemesis {
    pub(super) fn add_partitions(&mut self, random: &mut Random) -> Result<(), String> {
        let stream = *random.one_of(&Stream::ALL);
        let before = self.partitions.of(stream);
        if before >= MOST {
            return Ok(());
        }
        let total = before + i32::try_from(random.between(1, 2)).expect("a count");
        self.begin(
            Kind::AddPartitions,
            &format!("{stream} from {before} to {total}"),
            &[],
        );
        self.cluster.add_partitions(stream, total)?;
        // A broker that does not know them yet would refuse their records.
        let known = || {
            let leaders = self.cluster.leaders(stream.topic());
            leaders.is_ok_and(|leaders| {
                leaders.len() == usize::try_from(total).unwrap_or(0)
                    && leaders.values().all(|leader| *leader > 0)
            })
        };
        if !wait_for(Duration::from_secs(30), known) {
            return Err("the new partitions did not come".to_owned());
        }
        self.partitions.grow(stream, total);
        let new: Vec<_> = (before..total)
            .map(|number| Partition { stream, number })
            .collect();
        let committed = || {
            let newest = self.commits.newest();
            new.iter().all(|partition| newest.contains_key(partition))
        };
        let evidence: Evidence = wait_for(Duration::from_secs(40), committed)
            .then(|| "records of the new partitions were handled and committed".to_owned())
            .ok_or("nothing of the new partitions was handled".to_owned());
        self.end(evidence);
        Ok(())
    }

    pub(super) fn delete_records(&mut self, random: &mut Random) -> Result<(), String> {
        let committed: Vec<_> = self.commits.newest().into_iter().collect();
        if committed.is_empty() {
            return Err("nothing is committed".to_owned());
        }
        let (partition, below) = *random.one_of(&committed);
        self.begin(
            Kind::DeleteRecords,
            &format!("{partition} below {below}"),
            &[],
        );
        let (s, p) = (partition.stream, partition.number);
        self.log.write(Event::Deleted { s, p, below });
        self.cluster.delete_records(partition, below)?;
        let (low, _) = retried(|| self.cluster.ends(partition))?;
        self.end(if low == below && below > 0 {
            Ok(format!("it begins at {low} now"))
        } else {
            Err(format!("it begins at {low}"))
        });
        Ok(())
    }
}
