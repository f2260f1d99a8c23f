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
    refusal: Mutex<Option<Refusal>>,
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
            refusal: Mutex::default(),
            tokio: OnceLock::new(),
        }
    }

    /// Has recoveries run on this runtime.
    pub(crate) fn run_on(&self, tokio: &Handle) {
        let _ = self.tokio.set(tokio.clone());
    }

    pub(super) fn tokio(&self) -> Option<&Handle> {
        self.tokio.get()
    }

    /// The topic that does not take what it should, if there is one.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.lock().clone()
    }

    /// Notes that `to` refused a record. Whether that is news.
    pub(super) fn refused(&self, to: &Arc<str>, reason: &str) -> bool {
        let mut refusal = self.lock();
        let news = refusal.is_none();
        let since = refusal
            .take()
            .map_or_else(SystemTime::now, |refusal| refusal.since);
        *refusal = Some(Refusal {
            to: Arc::clone(to),
            reason: reason.to_owned(),
            since,
        });
        news
    }

    /// Notes that `to` took a record. The refusal that is over now, if there was one.
    pub(super) fn accepted(&self, to: &Arc<str>) -> Option<Refusal> {
        self.lock().take_if(|refusal| refusal.to == *to)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
