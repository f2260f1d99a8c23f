//! How long a partition has given nothing, and when that is to be looked into. Pure: it is told the time.

use std::time::{Duration, Instant};

use crate::offset::Offset;

/// The longest wait before the same silence is looked into again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How long a record that others can read may be missing here, at most, before the partition counts as stalled.
const LONGEST_GRACE: Duration = Duration::from_secs(30);

/// The silence of one partition.
#[derive(Debug)]
pub(crate) struct Silence {
    timeout: Duration,
    since: Instant,
    wait: Duration,
    look_at: Instant,
    found: Option<(Offset, Instant)>,
}

impl Silence {
    /// A silence that begins now, and is looked into after `timeout`.
    pub(crate) fn new(timeout: Duration, now: Instant) -> Self {
        Self {
            timeout,
            since: now,
            wait: timeout,
            look_at: now + timeout,
            found: None,
        }
    }

    /// Something came, or there is a reason why nothing should.
    pub(crate) fn end(&mut self, now: Instant) {
        *self = Self::new(self.timeout, now);
    }

    /// Whether it has lasted so long that it is to be looked into.
    pub(crate) fn is_suspect(&self, now: Instant) -> bool {
        self.found.is_none() && now >= self.look_at
    }

    /// There is nothing to be read: it is looked into again later and later.
    pub(crate) fn explained(&mut self, now: Instant) {
        self.wait = (self.wait * 2).min(LONGEST_WAIT).max(self.timeout);
        self.look_at = now + self.wait;
    }

    /// No broker said whether there is something to be read.
    pub(crate) fn unexplained(&mut self, now: Instant) {
        self.look_at = now + self.timeout;
    }

    /// There is a record to be read. It may just have been written: it has some time to come here as well.
    pub(crate) fn contradicted(&mut self, by: Offset, now: Instant) {
        self.found.get_or_insert((by, now));
    }

    /// The record that should have come by now, and how long nothing has.
    pub(crate) fn stalled(&self, now: Instant) -> Option<(Offset, Duration)> {
        let (offset, at) = self.found?;
        let grace = self.timeout.min(LONGEST_GRACE);
        (now.saturating_duration_since(at) >= grace)
            .then(|| (offset, now.saturating_duration_since(self.since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    #[test]
    fn an_idle_partition_is_looked_into_less_and_less() {
        let mut now = Instant::now();
        let mut silence = Silence::new(TIMEOUT, now);
        assert!(!silence.is_suspect(now));
        let mut waits = Vec::new();
        for _ in 0..5 {
            let from = now;
            while !silence.is_suspect(now) {
                now += Duration::from_secs(1);
            }
            waits.push((now - from).as_secs());
            silence.explained(now);
        }
        assert_eq!(waits, [60, 120, 240, 300, 300]);
        silence.end(now);
        assert!(silence.is_suspect(now + TIMEOUT), "as at first");
    }

    #[test]
    fn a_record_that_others_can_read_has_some_time_to_come() {
        let began = Instant::now();
        let mut silence = Silence::new(TIMEOUT, began);
        let now = began + TIMEOUT;
        silence.contradicted(Offset(7), now);
        assert!(!silence.is_suspect(now), "it is known already");
        assert_eq!(silence.stalled(now + LONGEST_GRACE / 2), None);
        assert_eq!(
            silence.stalled(now + LONGEST_GRACE),
            Some((Offset(7), TIMEOUT + LONGEST_GRACE))
        );
        silence.end(now);
        assert_eq!(silence.stalled(now + LONGEST_GRACE), None, "it came");
    }
}
