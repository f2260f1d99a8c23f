//! What a runtime told of itself.

use std::sync::{Arc, Mutex, PoisonError};

use kafka_model::{Event, Events};

/// All events from a moment on.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    /// Listens in the background until the runtime is shut down.
    #[must_use]
    pub fn from(mut events: Events) -> Self {
        let heard = Self::default();
        let all = heard.clone();
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                all.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(event);
            }
        });
        heard
    }

    /// What has come so far.
    #[must_use]
    pub fn all(&self) -> Vec<Event> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many are as `wanted`.
    #[must_use]
    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.all().iter().filter(|event| wanted(event)).count()
    }

    /// What `pick` makes of the first that it takes.
    #[must_use]
    pub fn find<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
        self.all().iter().find_map(pick)
    }
}
