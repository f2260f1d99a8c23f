//! How much may go to a dead-letter topic.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka_model_core::failure::Limit;

/// How many records in a row a share is of.
const WINDOW: usize = 100;

/// Counts what goes to a dead-letter topic against `dead_letter(limit = …)`.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: Option<Limit>,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    /// Of a share: how the last records went, `true` for those that went to the dead-letter topic.
    outcomes: VecDeque<bool>,
    dead: usize,
    /// Of a rate: when records went there.
    times: VecDeque<Instant>,
}

impl Limiter {
    pub(crate) fn new(limit: Option<Limit>) -> Self {
        Self {
            limit,
            recent: Mutex::default(),
        }
    }

    /// A record was handled.
    pub(crate) fn handled(&self) {
        if let Some(Limit::Share { .. }) = self.limit {
            self.recent().push(false);
        }
    }

    /// Whether one more record may go to the dead-letter topic. If so, it counts from now on.
    pub(crate) fn admit(&self, now: Instant) -> bool {
        match self.limit {
            None => true,
            Some(Limit::Share { percent }) => {
                let mut recent = self.recent();
                // With this one and the last 99.
                let oldest = recent.outcomes.len() == WINDOW && recent.outcomes[0];
                let dead = recent.dead - usize::from(oldest) + 1;
                let within = i64::try_from(dead).is_ok_and(|dead| dead <= percent);
                if within {
                    recent.push(true);
                }
                within
            }
            Some(Limit::Rate { records, per_ms }) => {
                let window = Duration::from_millis(u64::try_from(per_ms).unwrap_or(0));
                let mut recent = self.recent();
                while recent
                    .times
                    .front()
                    .is_some_and(|time| now.duration_since(*time) >= window)
                {
                    recent.times.pop_front();
                }
                let within = i64::try_from(recent.times.len()).is_ok_and(|dead| dead < records);
                if within {
                    recent.times.push_back(now);
                }
                within
            }
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn push(&mut self, dead: bool) {
        if self.outcomes.len() == WINDOW {
            self.dead -= usize::from(self.outcomes.pop_front() == Some(true));
        }
        self.outcomes.push_back(dead);
        self.dead += usize::from(dead);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_within_any_such_time() {
        let limiter = Limiter::new(Limit::parse("2/1m"));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(limiter.admit(at(0)));
        assert!(limiter.admit(at(30)));
        assert!(!limiter.admit(at(59)));
        assert!(limiter.admit(at(60)), "the first is a minute ago");
        assert!(!limiter.admit(at(89)));
        assert!(limiter.admit(at(90)));
    }

    #[test]
    fn a_broken_deployment_is_stopped_early() {
        let limiter = Limiter::new(Limit::parse("20%"));
        let admitted = (0..1_000).filter(|_| limiter.admit(Instant::now())).count();
        assert_eq!(admitted, 20);
        assert!(Limiter::new(None).admit(Instant::now()));
    }

    proptest! {
        /// Whatever comes, no 100 records in a row have more dead ones than the limit; and what is refused would
        /// have been one too many.
        #[test]
        fn a_share_is_of_any_hundred_in_a_row(
            percent in 1_i64..=99,
            failing in prop::collection::vec(any::<bool>(), 0..400),
        ) {
            let limiter = Limiter::new(Some(Limit::Share { percent }));
            let most = usize::try_from(percent).unwrap();
            let mut went = Vec::new();
            let dead = |went: &[bool], last: usize| {
                went.iter().rev().take(last).filter(|dead| **dead).count()
            };
            for failed in failing {
                if !failed {
                    limiter.handled();
                    went.push(false);
                } else if limiter.admit(Instant::now()) {
                    went.push(true);
                } else {
                    prop_assert_eq!(dead(&went, 99), most);
                }
                prop_assert!(dead(&went, 100) <= most);
            }
        }
    }
}
