//! What waits for its time: the records of retry topics.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use super::schedule::Item;

/// The longest sleep: the clock on the wall may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// Items that are not due yet, by the time at which they are.
#[derive(Debug)]
pub(crate) struct Delayed<I> {
    state: Mutex<State<I>>,
    changed: Notify,
}

/// What is due at some time.
pub(super) enum Due<I> {
    /// Nothing any more: it is closed.
    Closed,
    Now(Vec<I>),
    /// Nothing yet: look again after so long, or when something was added.
    Later(Option<Duration>),
}

#[derive(Debug)]
struct State<I> {
    waiting: BTreeMap<(SystemTime, u64), I>,
    /// Numbers items, since several may be due at one time.
    next: u64,
    closed: bool,
}

impl<I> Default for Delayed<I> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: BTreeMap::new(),
                next: 0,
                closed: false,
            }),
            changed: Notify::new(),
        }
    }
}

impl<I: Item> Delayed<I> {
    /// Adds items, each with the time at which it is due.
    pub(crate) fn push(&self, items: impl IntoIterator<Item = (SystemTime, I)>) {
        {
            let mut state = self.state();
            for (due, item) in items {
                let number = state.next;
                state.next += 1;
                state.waiting.insert((due, number), item);
            }
        }
        self.changed.notify_one();
    }

    /// The items that are due, as soon as there are some; `None` once it is closed. For one caller at a time.
    pub(crate) async fn due(&self) -> Option<Vec<I>> {
        loop {
            let sleep = match self.due_at(SystemTime::now()) {
                Due::Closed => return None,
                Due::Now(due) => return Some(due),
                Due::Later(sleep) => sleep,
            };
            // A change that comes before the wait has left a permit.
            match sleep {
                None => self.changed.notified().await,
                Some(sleep) => {
                    let _ = tokio::time::timeout(sleep, self.changed.notified()).await;
                }
            }
        }
    }

    /// The items that are due at `now`.
    pub(super) fn due_at(&self, now: SystemTime) -> Due<I> {
        let mut state = self.state();
        if state.closed {
            return Due::Closed;
        }
        let later = state.waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.waiting, later);
        if !due.is_empty() {
            return Due::Now(due.into_values().collect());
        }
        let first = state.waiting.first_key_value();
        Due::Later(first.map(|((first, _), _)| {
            first
                .duration_since(now)
                .unwrap_or_default()
                .min(LONGEST_SLEEP)
        }))
    }

    /// Removes everything of an assignment.
    pub(crate) fn purge(&self, epoch: u64) -> Vec<I> {
        let mut state = self.state();
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut state.waiting)
            .into_iter()
            .partition(|(_, item)| item.epoch() == epoch);
        state.waiting = kept.into_iter().collect();
        gone.into_iter().map(|(_, item)| item).collect()
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Ends the wait of [`due`](Self::due).
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Of(u64);

    impl Item for Of {
        fn epoch(&self) -> u64 {
            self.0
        }
    }

    #[tokio::test]
    async fn what_is_due_comes_in_the_order_of_its_time() {
        let delayed = Delayed::default();
        let now = SystemTime::now();
        let at = |millis| now + Duration::from_millis(millis);
        let before = now - Duration::from_secs(1);
        delayed.push([(at(60), Of(3)), (before, Of(1)), (before, Of(2))]);
        assert_eq!(delayed.due().await, Some(vec![Of(1), Of(2)]));
        assert_eq!(delayed.due().await, Some(vec![Of(3)]));
        assert!(SystemTime::now() >= at(60), "not before its time");
    }

    #[tokio::test]
    async fn what_was_given_up_does_not_come() {
        let delayed = Delayed::default();
        let soon = SystemTime::now() + Duration::from_millis(20);
        delayed.push([(soon, Of(1)), (soon, Of(2))]);
        assert_eq!(delayed.purge(1), [Of(1)]);
        assert_eq!(delayed.len(), 1);
        assert_eq!(delayed.due().await, Some(vec![Of(2)]));
        delayed.close();
        assert_eq!(delayed.due().await, None);
    }
}
