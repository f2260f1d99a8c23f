//! Sends records to all partitions of all streams, and writes down what the brokers acknowledge.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};

use super::cluster::Cluster;
use super::log::{Event, Log, Rec};
use super::message::{body, fingerprint, key, payload};
use super::random::Random;
use super::stream::Stream;

/// How many keys a partition has.
const KEYS: u64 = 8;

/// Which partitions are sent to. Its clones are the same.
#[derive(Clone, Debug)]
pub struct Partitions(Arc<Mutex<BTreeMap<Stream, i32>>>);

impl Default for Partitions {
    fn default() -> Self {
        let counts = Stream::SOURCES.map(|stream| (stream, stream.partitions()));
        Self(Arc::new(Mutex::new(BTreeMap::from(counts))))
    }
}

impl Partitions {
    /// How many of this stream.
    #[must_use]
    pub fn of(&self, stream: Stream) -> i32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[&stream]
    }

    /// More of this stream.
    pub fn grow(&self, stream: Stream, total: i32) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(stream, total);
    }
}

struct Acknowledgements {
    log: Arc<Log>,
    failed: Arc<AtomicU64>,
}

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = Box<Rec>;

    fn delivery(&self, result: &DeliveryResult<'_>, rec: Box<Rec>) {
        match result {
            Ok(message) => {
                let o = message.offset();
                self.log.write(Event::Acknowledged(Rec { o, ..*rec }));
            }
            // Whether it is there or not, the final read shows.
            Err(_) => {
                self.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// A producer at work.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    failed: Arc<AtomicU64>,
    thread: JoinHandle<Result<u64, KafkaError>>,
}

impl Load {
    /// Begins to send `rate` records a second.
    ///
    /// # Panics
    /// If there can be no producer.
    #[must_use]
    pub fn start(
        cluster: &Cluster,
        log: Arc<Log>,
        partitions: Partitions,
        seed: u64,
        rate: u64,
    ) -> Self {
        let (stop, failed) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let context = Acknowledgements {
            log,
            failed: Arc::clone(&failed),
        };
        let producer: ThreadedProducer<Acknowledgements> = cluster
            .client()
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("request.timeout.ms", "5000")
            .set("message.timeout.ms", "120000")
            // New partitions are to be sent to soon.
            .set("topic.metadata.refresh.interval.ms", "1000")
            .create_with_context(context)
            .expect("a producer");
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (began, mut sent) = (Instant::now(), 0);
            let mut random = Random::new(seed ^ 0x0070_726f_6475_6365);
            while !stopped.load(Ordering::SeqCst) {
                let due = rate * u64::try_from(began.elapsed().as_millis()).unwrap_or(0) / 1000;
                while sent < due {
                    send(&producer, &partitions, seed, sent, &mut random);
                    sent += 1;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            producer.flush(Duration::from_secs(120))?;
            Ok(sent)
        });
        Self {
            stop,
            failed,
            thread,
        }
    }

    /// Stops, waits for the last acknowledgements, and returns how many were sent and how many of them failed.
    ///
    /// # Errors
    /// If some are neither acknowledged nor refused.
    ///
    /// # Panics
    /// If its thread did.
    pub fn stop(self) -> Result<(u64, u64), String> {
        self.stop.store(true, Ordering::SeqCst);
        let sent = self.thread.join().expect("the producer's thread");
        sent.map(|sent| (sent, self.failed.load(Ordering::SeqCst)))
            .map_err(|error| format!("the producer could not finish: {error}"))
    }
}

fn send(
    producer: &ThreadedProducer<Acknowledgements>,
    partitions: &Partitions,
    seed: u64,
    id: u64,
    random: &mut Random,
) {
    let stream = *random.one_of(&Stream::SOURCES);
    let count = u64::from(partitions.of(stream).unsigned_abs());
    let partition = i32::try_from(random.below(count)).expect("a partition");
    let number = u32::try_from(random.below(KEYS)).expect("a key");
    let (key, body) = (key(number), body(seed, id));
    let rec = Rec {
        s: stream,
        p: partition,
        o: -1,
        id,
        key: number,
        hash: fingerprint(key.as_bytes(), id, &body),
    };
    let payload = payload(id, &key, &body);
    let mut record = BaseRecord::with_opaque_to(stream.topic(), Box::new(rec))
        .partition(partition)
        .key(&key)
        .payload(&payload);
    while let Err((_, back)) = producer.send(record) {
        // Its queue is full: an outage.
        record = back;
        std::thread::sleep(Duration::from_millis(20));
    }
}
