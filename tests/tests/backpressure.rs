//! A type whose handlers are slow, or stand still, hurts nobody else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kafka_model::{
    Handler, Kafka, KafkaMessage, KafkaModel, Outcome, Record, ServiceStatus, Topic, TopicStatus,
};
use kafka_model_tests::{Broker, RawRecord, SOON, random_work, until};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// `each` records for each partition, of about 200 bytes.
fn records(partitions: i32, each: u64) -> impl Iterator<Item = RawRecord> {
    (0..each).flat_map(move |id| {
        (0..partitions).map(move |partition| {
            RawRecord::of(partition, format!(r#"{{"id":{id},"text":"{:x<180}"}}"#, ""))
        })
    })
}

fn service(kafka: &Kafka, name: &str) -> ServiceStatus {
    let status = kafka.status();
    let found = status
        .services
        .into_iter()
        .find(|service| service.service == name);
    found.unwrap_or_else(|| panic!("no service {name}"))
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-slow", max_buffered = 16)]
struct Slow {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-fast")]
struct Fast {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-own", dedicated(group_id = "pressure-own"))]
struct Own {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "pressure-shared", statistics_interval_ms = 1000)]
struct Pressure {
    slow: Topic<Slow>,
    fast: Topic<Fast>,
    own: Topic<Own>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_type_leaves_the_others_their_pace_and_each_record_is_fetched_once() {
    const EACH: u64 = 5_000;
    /// The slow type may handle one record for so many of the fast ones.
    const PACE: u64 = 20;
    let broker = Broker::with(&[
        ("pressure-slow", 4),
        ("pressure-fast", 4),
        ("pressure-own", 4),
    ])
    .await;
    let plain = broker.plain();
    for topic in ["pressure-slow", "pressure-fast", "pressure-own"] {
        plain.produce(topic, records(4, EACH));
    }
    let kafka = broker.kafka();
    let model = Pressure::register_all(&kafka).unwrap();
    let (allowed, fast) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let handler = {
        let allowed = Arc::clone(&allowed);
        move |_: Slow| {
            let allowed = Arc::clone(&allowed);
            async move { allowed.acquire().await.unwrap().forget() }
        }
    };
    model.slow.handle(handler).unwrap();
    let (allowing, count) = (Arc::clone(&allowed), Arc::clone(&fast));
    let handler = move |_: Fast| {
        if count.fetch_add(1, Ordering::SeqCst) % PACE == 0 {
            allowing.add_permits(1);
        }
        std::future::ready(())
    };
    model.fast.handle(handler).unwrap();
    model.own.handle(async |_: Own| ()).unwrap();
    let running = kafka.start().await.unwrap();

    // The fast ones are done when the slow one has hardly begun.
    let all = 4 * EACH;
    let done = model
        .fast
        .wait_until(SOON, |fast| fast.handled == all)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    let done = model.own.wait_until(SOON, |own| own.handled == all).await;
    assert!(done.is_some(), "{:#?}", running.status());
    let done = model
        .slow
        .wait_until(SOON, |slow| slow.handled == all / PACE)
        .await;
    assert!(
        done.is_some(),
        "the slow type handles what it may: {:#?}",
        running.status()
    );
    assert!(done.unwrap().buffered <= 16);

    // Now the slow one goes on, after its queues were full for a while.
    allowed.add_permits(usize::try_from(all).unwrap());
    let done = model
        .slow
        .wait_until(SOON, |slow| slow.handled == all)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());

    // The statistics come once a second. Those that count a record which was published just now have
    // counted everything before it.
    let before = service(&kafka, "Pressure.shared").fetched_bytes;
    plain.produce("pressure-slow", records(4, 1));
    until(
        "new statistics",
        || {
            let status = service(&kafka, "Pressure.shared");
            status.fetched_bytes > before && status.fetched_bytes >= status.delivered_bytes
        },
        || service(&kafka, "Pressure.shared"),
    )
    .await;
    for name in ["Pressure.shared", "Pressure.own"] {
        let ServiceStatus {
            fetched_bytes,
            delivered_bytes,
            ..
        } = service(&kafka, name);
        assert!(delivered_bytes > all * 180, "{name}: {delivered_bytes}");
        assert!(
            fetched_bytes * 10 <= delivered_bytes * 11,
            "{name}: {fetched_bytes} bytes were fetched to deliver {delivered_bytes}"
        );
    }
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        plain.committed_sum("pressure-own", "pressure-own", 4),
        20_000
    );
    assert_eq!(
        plain.committed_sum("pressure-shared", "pressure-fast", 4),
        20_000
    );
    assert_eq!(
        plain.committed_sum("pressure-shared", "pressure-slow", 4),
        20_004
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-hung", max_buffered = 50)]
struct Hung {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "pressure-hung", commit_interval_ms = 100)]
struct HungModel {
    records: Topic<Hung>,
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_whose_handlers_hang_leave_the_others_of_their_type_alone() {
    const EACH: i64 = 1_000;
    let broker = Broker::with(&[("pressure-hung", 5)]).await;
    let plain = broker.plain();
    plain.produce("pressure-hung", records(5, EACH.unsigned_abs()));
    let kafka = broker.kafka();
    let model = HungModel::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let handler = {
        let gate = Arc::clone(&gate);
        move |record: Record<Hung>| {
            let gate = Arc::clone(&gate);
            async move {
                // Three of five hang, at different offsets.
                if record.partition() < 3 && record.offset() == i64::from(record.partition()) * 100
                {
                    let _ = gate.acquire().await.unwrap();
                }
                random_work(record.id).await;
            }
        }
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    until(
        "the others done",
        || plain.committed("pressure-hung", "pressure-hung", 5)[3..] == [Some(EACH); 2],
        || running.status(),
    )
    .await;
    // What hangs is not passed over.
    let committed = plain.committed("pressure-hung", "pressure-hung", 5);
    assert_eq!(committed[..3], [None, Some(100), Some(200)]);
    let status = model.records.status();
    for partition in &status.partitions {
        assert_eq!(
            partition.in_flight,
            partition.partition < 3,
            "{partition:?}"
        );
    }
    assert!(status.buffered <= 50);

    gate.add_permits(10);
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == 5 * EACH.unsigned_abs())
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        plain.committed("pressure-hung", "pressure-hung", 5),
        [Some(EACH); 5]
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-oldest", max_buffered = 10)]
#[kafka(backpressure = "drop_oldest", delivery = "at_most_once")]
struct Newest {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "pressure-newest", max_buffered = 10)]
#[kafka(backpressure = "drop_newest", delivery = "at_most_once")]
struct Oldest {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "pressure-lossy")]
struct Lossy {
    newest: Topic<Newest>,
    oldest: Topic<Oldest>,
}

/// A handler that notes offsets and waits at a gate.
struct Gated {
    gate: Arc<Semaphore>,
    noted: Arc<Mutex<Vec<i64>>>,
}

impl<T: KafkaMessage> Handler<T> for Gated {
    type Argument = Record<T>;

    async fn handle(&self, record: Record<T>) -> Outcome {
        self.noted.lock().unwrap().push(record.offset());
        let _ = self.gate.acquire().await.unwrap();
        Outcome::Ack
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lossy_buffers_drop_what_their_name_says_and_never_stall() {
    const ALL: u64 = 2_000;
    let broker = Broker::with(&[("pressure-oldest", 1), ("pressure-newest", 1)]).await;
    let plain = broker.plain();
    let kafka = broker.kafka();
    let model = Lossy::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let newest: Arc<Mutex<Vec<i64>>> = Arc::default();
    let oldest: Arc<Mutex<Vec<i64>>> = Arc::default();
    let gated = |noted: &Arc<_>| Gated {
        gate: Arc::clone(&gate),
        noted: Arc::clone(noted),
    };
    model.newest.handle(gated(&newest)).unwrap();
    model.oldest.handle(gated(&oldest)).unwrap();
    let running = kafka.start().await.unwrap();

    // Everything is taken from the broker although nothing is handled; ten of each are kept.
    for topic in ["pressure-oldest", "pressure-newest"] {
        plain.produce(topic, records(1, ALL));
    }
    for (name, status) in [
        (
            "newest",
            &(|| model.newest.status()) as &dyn Fn() -> TopicStatus,
        ),
        ("oldest", &|| model.oldest.status()),
    ] {
        until(
            name,
            || {
                let status = status();
                assert!(status.buffered <= 10, "{status:?}");
                status.dropped == ALL - 10 && status.buffered == 10
            },
            status,
        )
        .await;
    }
    until(
        "all committed",
        || {
            ["pressure-oldest", "pressure-newest"]
                .iter()
                .all(|topic| plain.committed("pressure-lossy", topic, 1) == [Some(2_000)])
        },
        || running.status(),
    )
    .await;

    gate.add_permits(1_000_000);
    let done = model
        .newest
        .wait_until(SOON, |newest| newest.handled == 10)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    let done = model
        .oldest
        .wait_until(SOON, |oldest| oldest.handled == 10)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    // One was being handled when the others were displaced.
    assert!(
        newest.lock().unwrap()[1..].iter().copied().eq(1_991..2_000),
        "{newest:?}"
    );
    assert!(
        oldest.lock().unwrap().iter().copied().eq(0..10),
        "{oldest:?}"
    );

    // And on it goes.
    for topic in ["pressure-oldest", "pressure-newest"] {
        plain.produce(topic, records(1, 1));
    }
    let done = model
        .newest
        .wait_until(SOON, |newest| newest.handled == 11)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    let done = model
        .oldest
        .wait_until(SOON, |oldest| oldest.handled == 11)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
    assert_eq!(newest.lock().unwrap().last(), Some(&2_000));
    assert_eq!(oldest.lock().unwrap().last(), Some(&2_000));
    for topic in ["pressure-oldest", "pressure-newest"] {
        assert_eq!(plain.committed("pressure-lossy", topic, 1), [Some(2_001)]);
    }
}
