//! Reading that went on elsewhere than it should have: behind what the broker has deleted.
//!
//! librdkafka resets an offset that is out of range by itself (`rd_kafka_offset_reset`), and says so only in its log.
//! What is told here comes from what was read, and from the start of the partition's log in the last fetch.

use kafka_model_core::Setting;

use super::assignment::Assigned;
use super::session::Session;
use crate::native;
use crate::runtime::{Event, ServiceState};

/// Where a partition is to be read on, and what stood in the way.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// The offset of the next record, or one below it: offsets have gaps. `None` as long as it is not known.
    pub(crate) next: Option<i64>,
    /// The largest gap since it was looked at last: from where to where.
    gap: Option<(i64, i64)>,
    /// The offset of what could not be read last, and how often it was come upon again.
    stuck: Option<(i64, i64)>,
    /// The start of the log lay behind `next` at the last look, and nothing came.
    behind: bool,
}

impl Course {
    /// A record was read. Returns from where reading went back, if it did.
    pub(crate) fn read(&mut self, offset: i64) -> Option<i64> {
        let expected = self.next.replace(offset + 1)?;
        if offset < expected {
            return Some(expected);
        }
        let size = |(from, to): (i64, i64)| to - from;
        if offset > expected && self.gap.is_none_or(|gap| size(gap) < offset - expected) {
            self.gap = Some((expected, offset));
        }
        None
    }

    /// Something at `offset`, the first of a batch, cannot be read. Returns where to read on if the client has come
    /// upon it before: it gets past it only if a fetch brings what lies behind as well. How long the batch is
    /// nobody can tell, so the way past it goes one offset at a time.
    pub(crate) fn unreadable(&mut self, offset: i64) -> Option<i64> {
        match &mut self.stuck {
            Some((at, times)) if *at == offset => {
                *times += 1;
                Some(offset + *times)
            }
            stuck => {
                *stuck = Some((offset, 0));
                None
            }
        }
    }

    /// Whether reading went over the start of the log, which is now at `low`: from where to where. What comes later
    /// of a log that ends at `high` cannot be seen if nothing is `heard`; `latest`: then it is what comes last.
    fn lost(&mut self, low: i64, high: i64, heard: bool, latest: bool) -> Option<(i64, i64)> {
        if let Some((from, to)) = self.gap.take() {
            // Other gaps are from compaction and transactions.
            return (low > from).then_some((from, to));
        }
        let from = self.next.filter(|next| low > *next && !heard);
        // Its records may just be on their way.
        if from.is_none() || !self.behind {
            self.behind = from.is_some();
            return None;
        }
        self.behind = false;
        let to = if latest { high } else { low };
        self.next = Some(to);
        from.map(|from| (from, to))
    }
}

impl Session {
    /// Looks where logs begin and end, and whether something was deleted before it was read.
    pub(super) fn look_at_watermarks(&mut self) {
        let latest = is_latest(&self.service);
        for assigned in self.assignment.iter_mut() {
            let partition = &assigned.partition;
            let Some((low, high)) =
                native::cached_watermarks(&self.consumer, partition.topic(), partition.id())
            else {
                continue;
            };
            partition.set_high(crate::offset::NextOffset(high));
            let heard = assigned.heard
                || assigned.held_back
                || assigned.leaving
                || partition.is_stopped()
                || assigned.queue.len() > 0;
            if let Some((from, to)) = assigned.course.lost(low, high, heard, latest) {
                tell(&self.service, assigned, from, to);
            }
        }
    }
}

fn is_latest(service: &ServiceState) -> bool {
    matches!(
        service.effective.str(Setting::AutoOffsetReset),
        Some("latest" | "largest" | "end")
    )
}

fn tell(service: &ServiceState, assigned: &Assigned, from: i64, to: i64) {
    service.tell(Event::OffsetReset {
        service: service.name.clone(),
        topic: assigned.partition.topic().to_owned(),
        partition: assigned.partition.id(),
        from,
        to,
        lost: to - from,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(next: i64) -> Course {
        Course {
            next: Some(next),
            ..Course::default()
        }
    }

    #[test]
    fn a_gap_before_the_start_of_the_log_is_lost_and_others_are_not() {
        let mut course = at(5);
        assert_eq!(course.read(5), None);
        course.read(8);
        assert_eq!(course.lost(0, 20, true, false), None, "a transaction");
        course.read(30);
        course.read(32);
        assert_eq!(course.lost(30, 40, true, false), Some((9, 30)));
        assert_eq!(course.lost(30, 40, false, false), None, "told once");
    }

    #[test]
    fn what_was_deleted_is_told_of_even_if_nothing_comes_behind_it() {
        let mut course = at(5);
        assert_eq!(
            course.lost(9, 9, false, false),
            None,
            "it may be on its way"
        );
        assert_eq!(course.lost(9, 9, true, false), None, "it was");
        assert_eq!(course.lost(9, 9, false, false), None);
        assert_eq!(course.lost(9, 9, false, false), Some((5, 9)));
        assert_eq!(course.lost(9, 9, false, false), None, "told once");
        assert_eq!(course.lost(9, 9, false, false), None);
    }

    #[test]
    fn what_cannot_be_read_is_passed_one_offset_at_a_time() {
        let mut course = at(5);
        assert_eq!(course.unreadable(5), None, "the client may get past it");
        assert_eq!(course.unreadable(5), Some(6));
        assert_eq!(course.unreadable(5), Some(7));
        assert_eq!(course.unreadable(9), None, "another one");
        assert_eq!(course.unreadable(9), Some(10));
    }

    #[test]
    fn going_back_is_no_loss() {
        let mut course = at(5);
        assert_eq!(course.read(2), Some(5));
        assert_eq!(course.read(3), None);
        assert_eq!(course.lost(0, 4, true, false), None);
    }
}
