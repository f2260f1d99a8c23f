//! A record's way from its copy to its settlement, without a client and without threads: what a benchmark counts the
//! instructions of. It is the runtime's own code, driven here by whoever counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::KafkaMessage;
use crate::Topic;
use crate::lane::Partition;
use crate::offset::Offset;
use crate::poll::dispatch;
use crate::record::{BatchBuilder, Timestamp};
use crate::runtime::{Consumer, TopicState};

/// One partition of a topic that has a handler, and one worker.
#[allow(missing_debug_implementations)]
pub struct HotPath {
    topic: Arc<TopicState>,
    partition: Arc<Partition>,
    next: i64,
    worker: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl HotPath {
    /// That of `topic`; `None` if it has no handler. Nothing may be started.
    #[must_use]
    pub fn of<T: KafkaMessage>(topic: &Topic<T>) -> Option<Self> {
        let topic = Arc::clone(topic.consumed_state()?);
        let worker = match &*topic.consumer() {
            Consumer::Handler(handler) => Arc::clone(handler).work(Arc::clone(&topic)),
            Consumer::Missing | Consumer::Stream => return None,
        };
        let partition = Arc::new(Partition::new(Arc::clone(&topic.topic), 0, 1, || ()));
        Some(Self {
            topic,
            partition,
            next: 0,
            worker,
        })
    }

    /// Has records handled that were read together: each a key and a payload. Returns the offset up to which all
    /// records are settled.
    pub fn batch<'a>(&mut self, records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> i64 {
        let mut builder = BatchBuilder::with_capacity(64, 0);
        for (key, payload) in records {
            let offset = Offset(self.next);
            self.next += 1;
            builder.push(offset, Timestamp::Created(0), Some(key), Some(payload));
        }
        let batch = Arc::new(builder.build(Arc::clone(&self.partition)));
        dispatch(&self.topic, &batch);
        self.topic.buffer.wake();
        let _ = self
            .worker
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        self.partition.position().map_or(0, |next| next.0)
    }
}
