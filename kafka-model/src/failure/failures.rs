//! What a topic has for its failed records.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use tokio::runtime::Handle;

use super::limiter::Limiter;
use crate::publish::Publisher;

/// Another topic does not take what it should.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) to: Arc<str>,
    pub(crate) reason: String,
    pub(crate) since: SystemTime,
}

/// A topic that refuses, and how many records wait for it.
struct WaitedFor {
    refusal: Refusal,
    waiting: usize,
}

/// A record that waits for a topic that refused it, until this is dropped. Without any, nobody knows whether the topic
/// still refuses.
pub(super) struct Waiting {
    failures: Arc<Failures>,
    to: Arc<str>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut refusals = self.failures.lock();
        if let Some(index) = refusals
            .iter()
            .position(|known| known.refusal.to == self.to)
        {
            refusals[index].waiting = refusals[index].waiting.saturating_sub(1);
            if refusals[index].waiting == 0 {
                refusals.remove(index);
            }
        }
    }
}

/// The producers of a service's failed records; each connects when it is first needed.
#[derive(Clone)]
pub(crate) struct Publishers {
    pub(crate) together: Arc<Publisher>,
    /// For what was refused as too large, which may have been due to what it was sent with.
    pub(crate) alone: Arc<Publisher>,
}

/// What a topic has for its failed records: where they go, by which producer, and how many may.
pub(crate) struct Failures {
    /// The group of the service, which dead letters name.
    pub(crate) group: Arc<str>,
    /// Producers of the service's own, so that neither a flood nor an outage of dead letters meets what the
    /// user publishes.
    pub(crate) publisher: Publishers,
    pub(crate) limiter: Arc<Limiter>,
    /// The index of the retry topic that this is, if it is one.
    pub(crate) level: Option<usize>,
    /// The retry topics, in their order.
    pub(crate) retry_topics: Vec<Arc<str>>,
    pub(crate) dead_letter: Option<Arc<str>>,
    refusals: Mutex<Vec<WaitedFor>>,
    tokio: OnceLock<Handle>,
}

impl Failures {
    pub(crate) fn new(
        group: Arc<str>,
        publisher: Publishers,
        limiter: Arc<Limiter>,
        level: Option<usize>,
        retry_topics: Vec<Arc<str>>,
        dead_letter: Option<&str>,
    ) -> Self {
        Self {
            group,
            publisher,
            limiter,
            level,
            retry_topics,
            dead_letter: dead_letter.map(Arc::from),
            refusals: Mutex::default(),
            tokio: OnceLock::new(),
        }
    }

    /// Whether a record that fails may go to another topic, with its headers; or came from one, and has them.
    pub(crate) fn moves_records(&self) -> bool {
        self.dead_letter.is_some() || !self.retry_topics.is_empty() || self.level.is_some()
    }

    /// Has recoveries run on this runtime.
    pub(crate) fn run_on(&self, tokio: &Handle) {
        let _ = self.tokio.set(tokio.clone());
    }

    pub(super) fn tokio(&self) -> Option<&Handle> {
        self.tokio.get()
    }

    /// The topics that do not take what they should.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        self.lock()
            .iter()
            .map(|waited_for| waited_for.refusal.clone())
            .collect()
    }

    /// Notes that `to` refused a record, which waits for it as long as the returned value lives. Whether that it
    /// refuses is news.
    pub(super) fn refused(self: &Arc<Self>, to: &Arc<str>, reason: &str) -> (Waiting, bool) {
        let waiting = Waiting {
            failures: Arc::clone(self),
            to: Arc::clone(to),
        };
        let mut refusals = self.lock();
        if let Some(known) = refusals.iter_mut().find(|known| known.refusal.to == *to) {
            known.waiting += 1;
            reason.clone_into(&mut known.refusal.reason);
            return (waiting, false);
        }
        refusals.push(WaitedFor {
            refusal: Refusal {
                to: Arc::clone(to),
                reason: reason.to_owned(),
                since: SystemTime::now(),
            },
            waiting: 1,
        });
        (waiting, true)
    }

    /// Notes that `to` took a record. The refusal that is over now, if there was one.
    pub(super) fn accepted(&self, to: &Arc<str>) -> Option<Refusal> {
        let mut refusals = self.lock();
        let index = refusals.iter().position(|known| known.refusal.to == *to)?;
        Some(refusals.remove(index).refusal)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<WaitedFor>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Connection;
    use crate::publish::Purpose;
    use kafka_model_core::Effective;

    fn failures() -> Arc<Failures> {
        let connection = Connection {
            bootstrap_servers: None,
            embedded: None,
            connect_timeout: std::time::Duration::ZERO,
            sources: crate::config::Sources::default(),
            tokens: crate::config::Provider::default(),
        };
        let publisher = Arc::new(Publisher::new(
            Effective::empty(),
            connection,
            Purpose::Failures,
        ));
        let publishers = Publishers {
            together: Arc::clone(&publisher),
            alone: publisher,
        };
        let limiter = Arc::new(Limiter::new(None));
        let group = Arc::from("group");
        Arc::new(Failures::new(
            group,
            publishers,
            limiter,
            None,
            Vec::new(),
            None,
        ))
    }

    #[test]
    fn a_topic_refuses_as_long_as_a_record_waits_for_it() {
        let failures = failures();
        let (one, other): (Arc<str>, Arc<str>) = (Arc::from("one"), Arc::from("other"));
        let (first, news) = failures.refused(&one, "down");
        assert!(news);
        let (second, news) = failures.refused(&one, "still down");
        assert!(!news);
        let (of_other, news) = failures.refused(&other, "down");
        assert!(news, "it is another topic");
        assert_eq!(failures.refusals().len(), 2);
        drop(first);
        assert_eq!(failures.refusals()[0].reason, "still down");
        drop(second);
        assert_eq!(
            failures.refusals().len(),
            1,
            "nobody waits for it here any more"
        );
        assert!(failures.accepted(&one).is_none());
        assert!(failures.accepted(&other).is_some());
        drop(of_other);
        assert!(failures.refusals().is_empty());
    }
}
