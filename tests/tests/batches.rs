//! Handlers that take several records at a time.

use std::sync::{Arc, Mutex};

use kafka_model::{BatchOutcome, Kafka, KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};

macro_rules! services {
    ($($model:ident { $message:ident = $topic:tt $(, $setting:ident = $value:expr)* })*) => {$(
        #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = $topic, key = id $(, $setting = $value)*)]
        struct $message {
            id: u64,
        }

        #[derive(KafkaModel)]
        #[kafka(group_id = $topic)]
        struct $model {
            events: Topic<$message>,
        }
    )*};
}

services! {
    InOrder { Ordered = "batches-ordered", on_failure = "skip" }
    Whole { Inserted = "batches-whole", on_failure = "skip" }
    Unordered { Free = "batches-free", order = "none", on_failure = "skip", concurrency = 4 }
    ByKey { Keyed = "batches-keyed", order = "key" }
}

/// What a handler was called with, batch by batch.
type Seen = Arc<Mutex<Vec<Vec<u64>>>>;

async fn filled(topic: &str, partitions: u16, records: u64) -> (Broker, Kafka) {
    let broker = Broker::with(&[(topic, partitions)]).await;
    let records = (0..records).map(|id| {
        let partition = i32::try_from(id % u64::from(partitions)).unwrap();
        let payload = match id {
            // Cannot be decoded.
            13 => "no JSON".to_owned(),
            _ => format!(r#"{{"id":{id}}}"#),
        };
        RawRecord::of(partition, payload)
    });
    broker.plain().produce(topic, records);
    let kafka = broker.kafka();
    (broker, kafka)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_before_the_record_that_failed_is_done_and_what_is_behind_it_comes_again() {
    let (broker, kafka) = filled("batches-ordered", 1, 1_000).await;
    let model = InOrder::register_all(&kafka).unwrap();
    let seen = Seen::default();
    let seeing = Arc::clone(&seen);
    let handler = move |records: Vec<Record<Ordered>>| {
        let ids: Vec<_> = records.iter().map(|record| record.id).collect();
        for record in &records {
            assert_eq!(u64::try_from(record.offset()), Ok(record.id));
        }
        seeing.lock().unwrap().push(ids.clone());
        async move {
            tokio::task::yield_now().await;
            match ids.iter().position(|id| *id == 500) {
                Some(at) => BatchOutcome::reject_at(at, "five hundred"),
                None => BatchOutcome::ack(),
            }
        }
    };
    model.events.handle_batch(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all records", || {
        let status = model.events.status();
        (status.handled, status.skipped) == (998, 2)
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    let seen = seen.lock().unwrap();
    assert!(
        seen.iter().any(|batch| batch.len() > 100),
        "what waits comes together"
    );
    assert!(seen.iter().all(|batch| batch.len() <= 256));
    // Those behind the one that failed were at hand before, and no others.
    let mut next = 0;
    for batch in seen.iter() {
        if batch[0] != next {
            assert_eq!(batch[0], if next == 13 { 14 } else { 501 });
        }
        assert!(batch.is_sorted_by(|a, b| b - a == 1), "{batch:?}");
        next = batch.last().unwrap() + 1;
    }
    let failed = seen.iter().filter(|batch| batch.contains(&500)).count();
    assert_eq!(failed, 1);
    assert_eq!(
        broker
            .plain()
            .committed("batches-ordered", "batches-ordered", 1),
        [Some(1_000)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_to_blame_for_a_batch_is_found_one_by_one() {
    let (broker, kafka) = filled("batches-whole", 2, 400).await;
    let model = Whole::register_all(&kafka).unwrap();
    let inserted = Arc::new(Mutex::new(Vec::new()));
    let inserting = Arc::clone(&inserted);
    // As a transaction would: all or nothing; and once it panics.
    let handler = move |events: Vec<Inserted>| {
        let inserted = Arc::clone(&inserting);
        async move {
            assert!(
                !(events.len() > 1 && events.iter().any(|event| event.id == 51)),
                "a panic that names no record"
            );
            if events.iter().any(|event| event.id == 100) {
                return Err("a row is refused");
            }
            let mut inserted = inserted.lock().unwrap();
            inserted.extend(events.iter().map(|event| event.id));
            Ok(())
        }
    };
    model.events.handle_batch(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all records", || {
        let status = model.events.status();
        (status.handled, status.skipped) == (398, 2)
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    let mut inserted = inserted.lock().unwrap().clone();
    inserted.sort_unstable();
    let expected: Vec<_> = (0..400).filter(|id| ![13, 100].contains(id)).collect();
    assert_eq!(inserted, expected, "each once, and the refused one never");
    let committed = broker
        .plain()
        .committed("batches-whole", "batches-whole", 2);
    assert_eq!(committed, [Some(200), Some(200)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_order_batches_of_a_partition_are_handled_at_once() {
    let (broker, kafka) = filled("batches-free", 1, 1_000).await;
    let model = Unordered::register_all(&kafka).unwrap();
    let seen = Seen::default();
    let seeing = Arc::clone(&seen);
    // Two calls are at work at once, or none ends.
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let handler = move |events: Vec<Free>| {
        let (seen, both) = (Arc::clone(&seeing), Arc::clone(&both));
        async move {
            let first = seen.lock().unwrap().len() < 2;
            let ids = events.iter().map(|event| event.id).collect();
            seen.lock().unwrap().push(ids);
            if first {
                both.wait().await;
            }
        }
    };
    model.events.handle_batch(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all records", || {
        let status = model.events.status();
        (status.handled, status.skipped) == (999, 1)
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    let seen = seen.lock().unwrap();
    let mut ids: Vec<_> = seen.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 999);
    assert!(seen.iter().any(|batch| batch.len() > 10), "{seen:?}");
    let committed = broker.plain().committed("batches-free", "batches-free", 1);
    assert_eq!(committed, [Some(1_000)]);
}

#[tokio::test]
async fn batches_by_key_are_refused() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let model = ByKey::register_all(&kafka).unwrap();
    let refused = model.events.handle_batch(async |_: Vec<Keyed>| ());
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("`events` has `order = \"key\"`"),
        "{refused}"
    );
    assert!(refused.contains(".handle("), "{refused}");
    model.events.handle(async |_: Keyed| ()).unwrap();
}
