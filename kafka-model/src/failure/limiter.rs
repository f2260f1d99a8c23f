//! How much may go to a dead-letter topic.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Records that are on their way.
    reserved: usize,
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

    /// So many records were handled.
    pub(crate) fn handled(&self, records: usize) {
        if let Some(Limit::Share { .. }) = self.limit {
            let mut recent = self.recent();
            for _ in 0..records.min(WINDOW) {
                recent.push(false);
            }
        }
    }

    /// A place for one more record in the dead-letter topic; `None` if there is none. It counts at once, and for good
    /// when it is [confirmed](Reserved::confirm).
    pub(crate) fn reserve(self: &Arc<Self>, now: Instant) -> Option<Reserved> {
        let mut recent = self.recent();
        let counted = match self.limit {
            None => 0,
            Some(Limit::Share { .. }) => {
                // With this one and the last 99.
                let oldest = recent.outcomes.len() == WINDOW && recent.outcomes[0];
                recent.dead - usize::from(oldest)
            }
            Some(Limit::Rate { per_ms, .. }) => {
                let window = Duration::from_millis(u64::try_from(per_ms).unwrap_or(0));
                while recent
                    .times
                    .front()
                    .is_some_and(|time| now.duration_since(*time) >= window)
                {
                    recent.times.pop_front();
                }
                recent.times.len()
            }
        };
        let most = match self.limit {
            None => i64::MAX,
            Some(Limit::Share { percent }) => percent,
            Some(Limit::Rate { records, .. }) => records,
        };
        let with_this = counted + recent.reserved + 1;
        if i64::try_from(with_this).is_ok_and(|with_this| with_this > most) {
            return None;
        }
        recent.reserved += 1;
        Some(Reserved {
            limiter: Arc::clone(self),
        })
    }

    /// Begins to count anew: somebody has looked at it.
    pub(crate) fn reset(&self) {
        let mut recent = self.recent();
        recent.outcomes.clear();
        recent.times.clear();
        recent.dead = 0;
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the dead-letter topic for a record that is on its way there, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    limiter: Arc<Limiter>,
}

impl Reserved {
    /// The record is there.
    pub(crate) fn confirm(&self, now: Instant) {
        let mut recent = self.limiter.recent();
        match self.limiter.limit {
            None => {}
            Some(Limit::Share { .. }) => recent.push(true),
            Some(Limit::Rate { .. }) => recent.times.push_back(now),
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.limiter.recent().reserved -= 1;
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

    /// A record that goes to the dead-letter topic, if it may.
    fn goes(limiter: &Arc<Limiter>, now: Instant) -> bool {
        let reserved = limiter.reserve(now);
        reserved.map(|reserved| reserved.confirm(now)).is_some()
    }

    #[test]
    fn a_rate_is_within_any_such_time() {
        let limiter = Arc::new(Limiter::new(Limit::parse("2/1m")));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(goes(&limiter, at(0)));
        assert!(goes(&limiter, at(30)));
        assert!(!goes(&limiter, at(59)));
        assert!(goes(&limiter, at(60)), "the first is a minute ago");
        assert!(!goes(&limiter, at(89)));
        assert!(goes(&limiter, at(90)));
    }

    #[test]
    fn what_does_not_arrive_does_not_count() {
        let limiter = Arc::new(Limiter::new(Limit::parse("2/1m")));
        let now = Instant::now();
        let on_their_way = [limiter.reserve(now), limiter.reserve(now)];
        assert!(on_their_way.iter().all(Option::is_some));
        assert!(!goes(&limiter, now), "they may still arrive");
        drop(on_their_way);
        assert!(goes(&limiter, now) && goes(&limiter, now));
        assert!(!goes(&limiter, now));
    }

    #[test]
    fn a_broken_deployment_is_stopped_early() {
        let limiter = Arc::new(Limiter::new(Limit::parse("20%")));
        let admitted = (0..1_000)
            .filter(|_| goes(&limiter, Instant::now()))
            .count();
        assert_eq!(admitted, 20);
        assert!(goes(&Arc::new(Limiter::new(None)), Instant::now()));
        limiter.reset();
        assert!(goes(&limiter, Instant::now()));
    }

    proptest! {
        /// Whatever comes, no 100 records in a row have more dead ones than the limit; and what is refused would
        /// have been one too many.
        #[test]
        fn a_share_is_of_any_hundred_in_a_row(
            percent in 1_i64..=99,
            failing in prop::collection::vec(any::<bool>(), 0..400),
        ) {
            let limiter = Arc::new(Limiter::new(Some(Limit::Share { percent })));
            let most = usize::try_from(percent).unwrap();
            let mut went = Vec::new();
            let dead = |went: &[bool], last: usize| {
                went.iter().rev().take(last).filter(|dead| **dead).count()
            };
            for failed in failing {
                if !failed {
                    limiter.handled(1);
                    went.push(false);
                } else if goes(&limiter, Instant::now()) {
                    went.push(true);
                } else {
                    prop_assert_eq!(dead(&went, 99), most);
                }
                prop_assert!(dead(&went, 100) <= most);
            }
        }
    }
}
