//! The broker of a run: that of `KAFKA_MODEL_TEST_BOOTSTRAP`, or an embedded one.

use kafka_model_tests::{Broker, Plain, RawRecord};

use crate::message::Event;

/// Puts `records` events of `bytes` bytes into `topic`, with keys, spread evenly.
pub fn load(plain: &Plain, topic: &str, partitions: u16, records: u64, bytes: usize) {
    let events = (0..records).map(|id| {
        let partition = i32::try_from(id % u64::from(partitions)).expect("a partition");
        // Some hundred keys for each partition.
        let key = (id / u64::from(partitions)) % 500 * 1_000 + u64::from(partition.unsigned_abs());
        RawRecord::of(partition, Event::of_size(id, bytes).json()).key(key.to_string())
    });
    // Large batches: the embedded broker gives one for each fetch.
    let producer = [
        ("linger.ms", "200"),
        ("batch.size", "900000"),
        ("batch.num.messages", "10000"),
        ("message.max.bytes", "1500000"),
        ("queue.buffering.max.messages", "1000000"),
        ("queue.buffering.max.kbytes", "1048576"),
        // A batch is of one partition only if there is one.
        ("sticky.partitioning.linger.ms", "0"),
    ];
    plain.produce_with(topic, &producer, events);
}

/// Says which broker it is.
pub fn describe(broker: &Broker) -> &'static str {
    if broker.is_real() {
        "a real Kafka"
    } else {
        "the embedded broker"
    }
}
