//! Records that are published together: who sent them waits once for all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::error::KafkaError;
use tokio::sync::oneshot;

use super::Published;

/// What became of one record; `None`: nobody knows, since the producer is gone.
pub(super) type Fate = Option<Result<Published, KafkaError>>;

/// The fates of several records.
pub(super) struct Many {
    fates: Mutex<Vec<Fate>>,
    /// Whose fate is not known, and whether more are to come.
    left: AtomicUsize,
    /// Told when all are known.
    known: Mutex<Option<oneshot::Sender<()>>>,
}

/// Who adds records, until it is dropped.
pub(super) struct Adding(Arc<Many>);

/// One record, until its fate is told or nobody can tell it any more.
pub(super) struct OneOf {
    many: Arc<Many>,
    index: usize,
}

impl Many {
    /// For `capacity` records, as far as that is known. The receiver is told when the fate of all is known.
    pub(super) fn open(capacity: usize) -> (Adding, oneshot::Receiver<()>) {
        let (known, receiver) = oneshot::channel();
        let many = Self {
            fates: Mutex::new(Vec::with_capacity(capacity)),
            left: AtomicUsize::new(1),
            known: Mutex::new(Some(known)),
        };
        (Adding(Arc::new(many)), receiver)
    }

    /// The fates, in the order in which the records were added.
    pub(super) fn take(&self) -> Vec<Fate> {
        std::mem::take(&mut *self.fates())
    }

    fn fates(&self) -> MutexGuard<'_, Vec<Fate>> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn one_less(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = known.take() {
                // Whoever published may have stopped waiting.
                let _ = known.send(());
            }
        }
    }
}

impl Adding {
    pub(super) fn many(&self) -> Arc<Many> {
        Arc::clone(&self.0)
    }

    /// One more record.
    pub(super) fn add(&self) -> OneOf {
        let many = self.many();
        many.left.fetch_add(1, Ordering::Relaxed);
        let index = {
            let mut fates = many.fates();
            fates.push(None);
            fates.len() - 1
        };
        OneOf { many, index }
    }
}

impl Drop for Adding {
    fn drop(&mut self) {
        self.0.one_less();
    }
}

impl OneOf {
    /// Which one it is, in the order in which they were added.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Tells its fate.
    pub(super) fn tell(self, fate: Result<Published, KafkaError>) {
        if let Some(place) = self.many.fates().get_mut(self.index) {
            *place = Some(fate);
        }
    }
}

impl Drop for OneOf {
    fn drop(&mut self) {
        self.many.one_less();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_known_once_each_was_told_or_is_gone_and_no_more_come() {
        let (adding, mut known) = Many::open(0);
        let many = adding.many();
        let (first, second, third) = (adding.add(), adding.add(), adding.add());
        let at = |offset| Published {
            partition: 0,
            offset,
        };
        third.tell(Ok(at(3)));
        first.tell(Ok(at(1)));
        drop(adding);
        assert!(known.try_recv().is_err(), "the second is not known");
        drop(second);
        assert_eq!(known.try_recv(), Ok(()));
        let fates: Vec<_> = many
            .take()
            .into_iter()
            .map(|fate| fate.map(Result::ok))
            .collect();
        assert_eq!(fates, [Some(Some(at(1))), None, Some(Some(at(3)))]);
    }

    #[test]
    fn nothing_is_known_at_once() {
        let (adding, mut known) = Many::open(0);
        assert!(known.try_recv().is_err());
        drop(adding);
        assert_eq!(known.try_recv(), Ok(()));
    }
}
