//! What is done to topics.

use std::thread::sleep;
use std::time::Duration;

use super::{Evidence, Nemesis, retried, wait_for};
use crate::soak::log::Event;
use crate::soak::plan::Kind;
use crate::soak::random::Random;
use crate::soak::stream::{Partition, Stream};

/// How many partitions a topic has at most.
const MOST: i32 = 16;

/// What a dead-letter topic has of its own.
const STAMPED: (&str, &str) = ("message.timestamp.type", "LogAppendTime");
/// What it has when it is to refuse records: those that were made a millisecond ago are too old.
const REFUSES: [(&str, &str); 2] = [
    ("message.timestamp.type", "CreateTime"),
    ("message.timestamp.before.max.ms", "0"),
];
/// How long it may take until a record fails for good.
const REFUSED: Duration = Duration::from_secs(40);

impl Nemesis {
    /// A topic that wants records to be as new as the broker's clock takes almost none. (`min.insync.replicas` is
    /// never more than there are replicas, and `max.message.bytes` would refuse the record for good.)
    pub(super) fn refuse_dead_letters(&self, random: &mut Random) -> Result<(), String> {
        let with: Vec<_> = Stream::ALL
            .into_iter()
            .filter_map(Stream::dead_letters)
            .collect();
        let topic = *random.one_of(&with);
        let members = std::sync::Arc::clone(&self.members);
        let refusals = || {
            let words = format!("refused by {topic}");
            let alive = members.alive().into_iter();
            alive
                .map(|process| members.times_written(process, &words))
                .sum::<usize>()
        };
        let before = refusals();
        let fault = self.begin(Kind::RefuseDeadLetters, topic, &[]);
        self.cluster.configure(topic, &REFUSES)?;
        let noticed = wait_for(REFUSED, || refusals() > before);
        sleep(Duration::from_millis(random.between(1_000, 4_000)));
        retried(|| self.cluster.configure(topic, &[STAMPED]))?;
        self.end(
            fault,
            if noticed {
                Ok("a service was refused".to_owned())
            } else {
                Err("no service was refused".to_owned())
            },
        );
        Ok(())
    }

    pub(super) fn add_partitions(&self, random: &mut Random) -> Result<(), String> {
        let stream = *random.one_of(&Stream::SOURCES);
        let before = self.partitions.of(stream);
        if before >= MOST {
            return Ok(());
        }
        let total = before + i32::try_from(random.between(1, 2)).expect("a count");
        let fault = self.begin(
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
        self.end(fault, evidence);
        Ok(())
    }

    pub(super) fn delete_records(&self, random: &mut Random) -> Result<(), String> {
        let committed: Vec<_> = self
            .commits
            .newest()
            .into_iter()
            .filter(|(partition, next)| Stream::SOURCES.contains(&partition.stream) && *next > 0)
            .collect();
        if committed.is_empty() {
            return Err("nothing is committed".to_owned());
        }
        let (partition, below) = *random.one_of(&committed);
        let fault = self.begin(
            Kind::DeleteRecords,
            &format!("{partition} below {below}"),
            &[],
        );
        let (s, p) = (partition.stream, partition.number);
        self.log.write(Event::Deleted { s, p, below });
        self.cluster.delete_records(partition, below)?;
        let (low, _) = retried(|| {
            self.cluster
                .ends(partition.stream.topic(), partition.number)
        })?;
        self.end(
            fault,
            if low == below && below > 0 {
                Ok(format!("it begins at {low} now"))
            } else {
                Err(format!("it begins at {low}"))
            },
        );
        Ok(())
    }
}
