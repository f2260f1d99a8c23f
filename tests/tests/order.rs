//! What is handled in order, what is not, and how much at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, RawRecord, SOON, Spot, Trace, random_work, until};
use serde::{Deserialize, Serialize};
use tokio::sync::{Barrier, Semaphore};

/// `records` records for each of `partitions` partitions, round robin, with ids counted from 0; the keys are
/// those of `key`.
fn records(partitions: i32, records: u64, key: impl Fn(u64) -> String) -> Vec<RawRecord> {
    let mut id = 0;
    let mut all = Vec::new();
    for number in 0..records {
        for partition in 0..partitions {
            all.push(RawRecord::of(partition, format!(r#"{{"id":{id}}}"#)).key(key(number)));
            id += 1;
        }
    }
    all
}

/// Fails unless the records of each lane were begun in order, none twice, and one at a time.
fn assert_in_order(trace: &Trace, lane: impl Fn(&Spot) -> (i32, Vec<u8>)) {
    let mut last: HashMap<_, i64> = HashMap::new();
    for spot in trace.started() {
        let before = last.insert(lane(&spot), spot.offset);
        assert!(
            before.is_none_or(|before| before < spot.offset),
            "{spot:?} came after offset {before:?}"
        );
    }
    for (first, second) in trace.overlaps() {
        assert_ne!(
            lane(&first),
            lane(&second),
            "{first:?} and {second:?} were handled at once"
        );
    }
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "order-partition", concurrency = 16, max_buffered = 200)]
struct InPartition {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "order-partition")]
struct InPartitions {
    records: Topic<InPartition>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_handled_in_order_and_partitions_at_once() {
    const PARTITIONS: i32 = 6;
    const EACH: u64 = 300;
    let broker = Broker::with(&[("order-partition", 6)]).await;
    broker.plain().produce(
        "order-partition",
        records(PARTITIONS, EACH, |number| format!("{}", number % 7)),
    );

    let kafka = broker.kafka();
    let model = InPartitions::register_all(&kafka).unwrap();
    let trace = Trace::default();
    // Nobody passes before a record of each partition is being handled.
    let all_at_once = Arc::new(Barrier::new(6));
    let handler = {
        let trace = trace.clone();
        move |record: Record<InPartition>| {
            let (trace, all_at_once) = (trace.clone(), Arc::clone(&all_at_once));
            async move {
                let _at_work = trace.enter(&record);
                if record.offset() == 0 {
                    all_at_once.wait().await;
                }
                random_work(record.id).await;
            }
        }
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let all = u64::try_from(PARTITIONS).unwrap() * EACH;
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == all)
        .await;
    assert!(done.is_some(), "{:#?}", model.records.status());
    assert!(running.shutdown().await.is_clean());

    assert_eq!(trace.count() as u64, all);
    assert_in_order(&trace, |spot| (spot.partition, Vec::new()));
    assert!(
        trace.most_at_once() <= usize::try_from(PARTITIONS).unwrap(),
        "{}",
        trace.most_at_once()
    );
    let each = Some(i64::try_from(EACH).unwrap());
    assert_eq!(
        broker
            .plain()
            .committed("order-partition", "order-partition", PARTITIONS),
        [each; 6]
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "order-key", key = id, concurrency = 16, order = "key", max_buffered = 400)]
struct InKey {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "order-key")]
struct InKeys {
    records: Topic<InKey>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_handled_in_order_and_keys_of_a_partition_at_once() {
    const KEYS: u64 = 20;
    const PARTITIONS: i32 = 2;
    const EACH: u64 = 1_000;
    let broker = Broker::with(&[("order-key", 2)]).await;
    broker.plain().produce(
        "order-key",
        records(PARTITIONS, EACH, |number| format!("key {}", number % KEYS)),
    );

    let kafka = broker.kafka();
    let model = InKeys::register_all(&kafka).unwrap();
    let trace = Trace::default();
    // Nobody passes before 16 records are being handled; of whichever partition was read first, there are so
    // many with different keys.
    let all_at_once = Arc::new(Barrier::new(16));
    let first = Arc::new(AtomicUsize::new(0));
    let handler = {
        let trace = trace.clone();
        move |record: Record<InKey>| {
            let (trace, all_at_once) = (trace.clone(), Arc::clone(&all_at_once));
            let first = Arc::clone(&first);
            async move {
                let _at_work = trace.enter(&record);
                if first.fetch_add(1, Ordering::SeqCst) < 16 {
                    all_at_once.wait().await;
                }
                random_work(record.id).await;
            }
        }
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let all = u64::try_from(PARTITIONS).unwrap() * EACH;
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == all)
        .await;
    assert!(done.is_some(), "{:#?}", model.records.status());
    assert!(running.shutdown().await.is_clean());

    assert_eq!(trace.count() as u64, all);
    assert_in_order(&trace, |spot| (spot.partition, spot.key.clone()));
    assert_eq!(trace.most_at_once(), 16);
    let overlap_in_a_partition = trace
        .overlaps()
        .into_iter()
        .any(|(first, second)| first.partition == second.partition && first.key != second.key);
    assert!(
        overlap_in_a_partition,
        "different keys of one partition were never handled at once"
    );
    let each = Some(i64::try_from(EACH).unwrap());
    assert_eq!(
        broker
            .plain()
            .committed("order-key", "order-key", PARTITIONS),
        [each; 2]
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "order-none",
    concurrency = 16,
    order = "none",
    max_buffered = 100
)]
struct InNoOrder {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "order-none")]
struct InNoOrders {
    records: Topic<InNoOrder>,
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_order_one_key_of_one_partition_is_handled_at_once() {
    const ALL: u64 = 1_000;
    let broker = Broker::with(&[("order-none", 1)]).await;
    broker
        .plain()
        .produce("order-none", records(1, ALL, |_| "the same".to_owned()));

    let kafka = broker.kafka();
    let model = InNoOrders::register_all(&kafka).unwrap();
    let trace = Trace::default();
    // The first record is done only when 50 others are: nothing waits for it but the commit.
    let others = Arc::new(Semaphore::new(0));
    let handler = {
        let (trace, others) = (trace.clone(), Arc::clone(&others));
        move |record: Record<InNoOrder>| {
            let (trace, others) = (trace.clone(), Arc::clone(&others));
            async move {
                let _at_work = trace.enter(&record);
                if record.offset() == 0 {
                    let _ = others.acquire_many(50).await.unwrap();
                    return;
                }
                random_work(record.id).await;
                others.add_permits(1);
            }
        }
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == ALL)
        .await;
    assert!(done.is_some(), "{:#?}", model.records.status());
    assert!(running.shutdown().await.is_clean());

    let mut offsets: Vec<_> = trace.started().iter().map(|spot| spot.offset).collect();
    offsets.sort_unstable();
    assert!(offsets.into_iter().eq(0..1_000), "each once");
    assert!(
        (2..=16).contains(&trace.most_at_once()),
        "{}",
        trace.most_at_once()
    );
    assert_eq!(
        broker.plain().committed("order-none", "order-none", 1),
        [Some(1_000)]
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "order-bounds",
    concurrency = 5,
    order = "none",
    max_buffered = 32
)]
struct Bounded {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "order-bounds")]
struct BoundedModel {
    records: Topic<Bounded>,
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_and_buffer_are_filled_but_never_exceeded() {
    const EACH: u64 = 500;
    let broker = Broker::with(&[("order-bounds", 4)]).await;
    broker.plain().produce(
        "order-bounds",
        records(4, EACH, |number| number.to_string()),
    );

    let kafka = broker.kafka();
    let model = BoundedModel::register_all(&kafka).unwrap();
    let trace = Trace::default();
    let gate = Arc::new(Semaphore::new(0));
    let handler = {
        let (trace, gate) = (trace.clone(), Arc::clone(&gate));
        move |record: Record<Bounded>| {
            let (trace, gate) = (trace.clone(), Arc::clone(&gate));
            async move {
                let _at_work = trace.enter(&record);
                let _ = gate.acquire().await.unwrap();
                random_work(record.id).await;
            }
        }
    };
    model.records.handle(handler).unwrap();

    // A thread of its own, so that it looks also while all workers are busy.
    let (watched, stop) = (model.records.clone(), Arc::new(AtomicBool::new(false)));
    let watcher = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut most = 0;
            while !stop.load(Ordering::SeqCst) {
                most = most.max(watched.status().buffered);
                std::thread::yield_now();
            }
            most
        })
    };
    let running = kafka.start().await.unwrap();
    // Nothing is done yet: the handlers are as many as allowed, and the buffer is full but for what does not
    // divide by the partitions.
    until(
        "a full buffer",
        || trace.count() == 5 && model.records.status().buffered > 28,
        || model.records.status(),
    )
    .await;
    gate.add_permits(1_000_000);
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == 4 * EACH)
        .await;
    assert!(done.is_some(), "{:#?}", model.records.status());
    stop.store(true, Ordering::SeqCst);
    let most = watcher.join().unwrap();
    assert!(most <= 32, "{most} were buffered");
    assert!(running.shutdown().await.is_clean());
    assert_eq!(trace.most_at_once(), 5);
    assert_eq!(trace.count() as u64, 4 * EACH);
}
