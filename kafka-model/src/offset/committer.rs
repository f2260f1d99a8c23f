//! When what is committed, and how each commit ended. Pure: it is told the time and the replies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::NextOffset;
use crate::lane::Partition;

/// The wait before a commit that failed is tried again; it doubles up to [`LONGEST_BACKOFF`].
const SHORTEST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// How much later than it was given up a broker may still take a commit: longer than a coordinator waits for a
/// commit to be replicated (`offsets.commit.timeout.ms`, 5 s by default).
const LATE: Duration = Duration::from_secs(10);

/// What to commit for one partition.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) partition: Arc<Partition>,
    pub(crate) next: NextOffset,
}

/// Decides when to commit, one request at a time, and remembers what the broker acknowledged.
#[derive(Debug)]
pub(crate) struct Committer {
    interval: Duration,
    due: Instant,
    backoff: Duration,
    in_flight: Option<Vec<Position>>,
    /// Something waits for the next commit. A commit that failed is not hurried.
    hurried: bool,
    /// When everything is committed once more, because a commit of which nobody knows what became of it may still
    /// be taken, after later ones.
    again: Option<Instant>,
}

impl Committer {
    /// A committer that commits every `interval`, if there is something to commit.
    pub(crate) fn new(interval: Duration, now: Instant) -> Self {
        Self {
            interval,
            due: now + interval,
            backoff: SHORTEST_BACKOFF,
            in_flight: None,
            hurried: false,
            again: None,
        }
    }

    /// Whether it is time to commit, and no commit is under way.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.in_flight.is_none()
            && (now >= self.due || (self.hurried && self.backoff == SHORTEST_BACKOFF))
    }

    /// When to look again.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Has the next commit made at once.
    pub(crate) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Whether a commit is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The commit under way got no answer: the broker may still take it, after later ones, and so set the group back.
    pub(crate) fn unanswered(&mut self, now: Instant) {
        self.again = Some(now + LATE);
    }

    /// Whether it is time to commit once more what is committed already.
    pub(crate) fn take_again(&mut self, now: Instant) -> bool {
        self.again.take_if(|again| now >= *again).is_some()
    }

    /// Where `partitions` stand, committed or not.
    pub(crate) fn everything<'a>(
        partitions: impl IntoIterator<Item = &'a Arc<Partition>>,
    ) -> Vec<Position> {
        let position = |partition: &Arc<Partition>| {
            Some(Position {
                partition: Arc::clone(partition),
                next: partition.position()?,
            })
        };
        partitions.into_iter().filter_map(position).collect()
    }

    /// What of `partitions` is settled but not committed yet.
    pub(crate) fn uncommitted<'a>(
        partitions: impl IntoIterator<Item = &'a Arc<Partition>>,
    ) -> Vec<Position> {
        partitions
            .into_iter()
            .filter_map(|partition| {
                let next = partition.position()?;
                (partition.committed() != Some(next)).then(|| Position {
                    partition: Arc::clone(partition),
                    next,
                })
            })
            .collect()
    }

    /// A commit of `positions` was sent.
    pub(crate) fn sent(&mut self, positions: Vec<Position>) {
        self.in_flight = Some(positions);
        self.hurried = false;
    }

    /// There was nothing to commit: look again after the interval.
    pub(crate) fn idle(&mut self, now: Instant) {
        self.hurried = false;
        self.due = now + self.interval;
    }

    /// The commit under way was acknowledged, but for the partitions of which `failed` is true.
    /// Returns the positions that are now committed.
    pub(crate) fn acknowledged(
        &mut self,
        now: Instant,
        failed: impl Fn(&Partition) -> bool,
    ) -> Vec<Position> {
        self.backoff = SHORTEST_BACKOFF;
        self.due = now + self.interval;
        let mut positions = self.in_flight.take().unwrap_or_default();
        positions.retain(|position| !failed(&position.partition));
        for position in &positions {
            position.partition.set_committed(position.next);
        }
        positions
    }

    /// The commit under way failed as a whole. Returns after what wait it will be tried again, and
    /// what it was to commit.
    pub(crate) fn failed(&mut self, now: Instant) -> (Duration, Vec<Position>) {
        let wait = self.backoff;
        self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
        self.due = now + wait;
        (wait, self.in_flight.take().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offset::Offset;

    const INTERVAL: Duration = Duration::from_secs(1);

    /// A partition of which everything up to `offset` is settled.
    fn settled(id: i32, offset: i64) -> Arc<Partition> {
        let partition = Arc::new(Partition::new(Arc::from("topic"), id, 1, || ()));
        let ticket = partition.tracker().deliver(Offset(offset));
        partition.settle([ticket]);
        partition
    }

    #[test]
    fn only_what_is_settled_and_new_is_committed() {
        let now = Instant::now();
        let mut committer = Committer::new(INTERVAL, now);
        let partitions = [settled(0, 4), settled(1, 9)];
        partitions[0].tracker().deliver(Offset(5));
        let positions = Committer::uncommitted(&partitions);
        let next: Vec<_> = positions.iter().map(|position| position.next.0).collect();
        assert_eq!(next, [5, 10]);
        committer.sent(positions);
        assert!(!committer.is_due(now + INTERVAL * 2), "one at a time");
        committer.acknowledged(now, |partition| partition.id() == 1);
        assert_eq!(partitions[0].committed(), Some(NextOffset(5)));
        assert_eq!(
            partitions[1].committed(),
            None,
            "the broker refused this one"
        );
        let again = Committer::uncommitted(&partitions);
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].partition.id(), 1);
    }

    #[test]
    fn a_failed_commit_is_tried_again_later_and_later() {
        let now = Instant::now();
        let mut committer = Committer::new(INTERVAL, now);
        let mut waits = Vec::new();
        for _ in 0..8 {
            committer.sent(Vec::new());
            committer.hurry();
            let (wait, _) = committer.failed(now);
            assert!(!committer.is_due(now), "not even in a hurry");
            assert!(committer.is_due(now + wait));
            waits.push(wait);
        }
        assert_eq!(waits[..3], [100, 200, 400].map(Duration::from_millis));
        assert_eq!(waits[7], LONGEST_BACKOFF);
        committer.sent(Vec::new());
        committer.acknowledged(now, |_| false);
        committer.sent(Vec::new());
        assert_eq!(
            committer.failed(now).0,
            SHORTEST_BACKOFF,
            "success forgives"
        );
    }

    #[test]
    fn after_a_commit_without_an_answer_everything_is_committed_once_more() {
        let now = Instant::now();
        let mut committer = Committer::new(INTERVAL, now);
        let partitions = [settled(0, 4)];
        partitions[0].set_committed(NextOffset(5));
        assert!(Committer::uncommitted(&partitions).is_empty());
        committer.unanswered(now);
        assert!(!committer.take_again(now + INTERVAL), "it may still come");
        assert!(committer.take_again(now + LATE));
        assert_eq!(Committer::everything(&partitions).len(), 1);
        assert!(!committer.take_again(now + LATE), "once");
    }

    #[test]
    fn what_waits_for_a_commit_has_it_at_once() {
        let now = Instant::now();
        let mut committer = Committer::new(INTERVAL, now);
        assert!(!committer.is_due(now));
        committer.hurry();
        assert!(committer.is_due(now));
        committer.sent(Vec::new());
        committer.acknowledged(now, |_| false);
        assert!(!committer.is_due(now));
    }
}
