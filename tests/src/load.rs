//! Records that are published all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::{Plain, RawRecord};

/// `each` records for each partition, by turns.
pub fn some_records(partitions: i32, each: i64) -> impl Iterator<Item = RawRecord> {
    (0..each).flat_map(move |id| {
        (0..partitions).map(move |partition| RawRecord::of(partition, format!(r#"{{"id":{id}}}"#)))
    })
}

/// Publishes to a topic until it is told to stop, no faster than the group of the same name commits.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    each: Arc<AtomicI64>,
    thread: JoinHandle<()>,
}

impl Load {
    /// How many records each partition gets at a time.
    const BATCH: i64 = 50;
    /// How many records may wait; the embedded broker does not keep many.
    const AHEAD: i64 = 5_000;

    /// Starts to publish.
    ///
    /// # Panics
    /// Its thread, if a record is not acknowledged.
    #[must_use]
    pub fn start(plain: Plain, name: &'static str, partitions: i32) -> Self {
        let (stop, each) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicI64::new(0)),
        );
        let (stopped, published) = (Arc::clone(&stop), Arc::clone(&each));
        let thread = std::thread::spawn(move || {
            let mut done = 0;
            while !stopped.load(Ordering::SeqCst) {
                let all = published.load(Ordering::SeqCst) * i64::from(partitions);
                if all - done > Self::AHEAD {
                    std::thread::sleep(Duration::from_millis(5));
                    done = plain.committed_sum(name, name, partitions);
                    continue;
                }
                plain.produce(name, some_records(partitions, Self::BATCH));
                published.fetch_add(Self::BATCH, Ordering::SeqCst);
            }
        });
        Self { stop, each, thread }
    }

    /// Stops, and returns how many records each partition has got.
    ///
    /// # Panics
    /// If its thread did.
    #[must_use]
    pub fn stop(self) -> i64 {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("a load that was published");
        self.each.load(Ordering::SeqCst)
    }
}
