//! How events get to those who listen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Event;

/// How many events a receiver may be behind before it misses the oldest.
const CAPACITY: usize = 512;

/// The events of a runtime, from the moment on at which this was asked for.
#[derive(Debug)]
pub struct Events(Option<broadcast::Receiver<Event>>);

impl Events {
    /// The next event; it waits for one. `None`: the runtime was shut down, or is gone.
    ///
    /// Who takes events too slowly gets an [`Event::Missed`] in place of those that are gone.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.as_mut()?.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(Event::Missed { count }),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Where events are told. Its clones are the same place.
#[derive(Clone)]
pub(crate) struct EventSender(Arc<Mutex<Option<broadcast::Sender<Event>>>>);

impl EventSender {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(broadcast::Sender::new(CAPACITY)))))
    }

    /// Logs an event, and sends it to whoever listens. It never waits for them.
    pub(crate) fn tell(&self, event: Event) {
        event.log();
        if let Some(sender) = &*self.sender() {
            // An error only says that nobody listens.
            let _ = sender.send(event);
        }
    }

    pub(crate) fn subscribe(&self) -> Events {
        Events(self.sender().as_ref().map(broadcast::Sender::subscribe))
    }

    /// There will be no more events: those who listen learn of it when they have taken all.
    pub(crate) fn close(&self) {
        *self.sender() = None;
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(assigned: usize) -> Event {
        Event::PartitionsLost {
            service: "Model.shared".to_owned(),
            group: "group".to_owned(),
            partitions: vec![("topic".to_owned(), 0), ("topic".to_owned(), 1)],
            assigned,
        }
    }

    #[tokio::test]
    async fn who_is_too_slow_learns_how_much_was_missed_and_the_end_comes_last() {
        let sender = EventSender::new();
        sender.tell(lost(0));
        let mut events = sender.subscribe();
        for assigned in 0..CAPACITY + 3 {
            sender.tell(lost(assigned));
        }
        sender.close();
        assert!(matches!(
            events.next().await,
            Some(Event::Missed { count: 3 })
        ));
        for expected in 3..CAPACITY + 3 {
            let event = events.next().await;
            assert!(
                matches!(event, Some(Event::PartitionsLost { assigned, .. }) if assigned == expected)
            );
        }
        assert!(events.next().await.is_none());
        assert!(sender.subscribe().next().await.is_none());
    }

    #[test]
    fn an_event_is_one_line_of_facts() {
        assert_eq!(
            lost(3).to_string(),
            "Model.shared lost topic[0] topic[1], since the group `group` went on without it, and has 3 now"
        );
    }
}
