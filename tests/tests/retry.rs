//! `retry(attempts = …)`: in place, in order, and without holding up what has nothing to do with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, Outcome, Permanent, Record, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};

/// What handlers were called with: partition, key, id and attempt, in the order of the calls.
type Calls = Arc<Mutex<Vec<(i32, String, u64, u32)>>>;

/// A topic's message type and a model of it alone.
macro_rules! service {
    ($message:ident, $model:ident, $topic:literal, [$($settings:tt)*]) => {
        #[derive(Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = $topic, key = name, $($settings)*)]
        struct $message {
            id: u64,
            name: String,
        }

        #[derive(KafkaModel)]
        #[kafka(group_id = $topic, commit_interval_ms = 50)]
        struct $model {
            events: Topic<$message>,
        }
    };
}

fn events(partition: i32, name: &str, ids: std::ops::Range<u64>) -> Vec<RawRecord> {
    ids.map(|id| RawRecord::of(partition, format!("{{\"id\":{id},\"name\":\"{name}\"}}")).key(name))
        .collect()
}

fn note(calls: &Calls, record: (i32, String, u64, u32)) {
    calls.lock().unwrap().push(record);
}

service!(
    Ordered,
    OrderedModel,
    "retry-ordered",
    [retry(attempts = 4, backoff = "20ms..80ms"), concurrency = 2]
);

/// With two workers, two partitions that fail and wait, and a third that goes on meanwhile; nothing overtakes.
#[tokio::test]
async fn a_partition_waits_for_its_record_and_holds_up_no_other() {
    let broker = Broker::with(&[("retry-ordered", 3)]).await;
    let plain = broker.plain();
    for partition in 0..3 {
        plain.produce("retry-ordered", events(partition, "a", 0..20));
    }
    let kafka = broker.kafka();
    let model = OrderedModel::register_all(&kafka).unwrap();
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let handler = move |record: Record<Ordered>| {
        let seen = Arc::clone(&seen);
        async move {
            let (partition, attempt) = (record.partition(), record.attempt());
            note(&seen, (partition, record.name.clone(), record.id, attempt));
            if partition < 2 && record.id == 3 && attempt < 4 {
                return Err("not yet");
            }
            Ok(())
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let status = model
        .events
        .wait_until(Duration::from_secs(20), |status| status.handled == 60)
        .await
        .expect("everything is handled in the end");
    assert_eq!((status.retried, status.failed), (6, 0));
    assert!(running.shutdown().await.is_clean());
    let calls = calls.lock().unwrap();
    for partition in 0..3 {
        let own: Vec<_> = calls
            .iter()
            .filter(|call| call.0 == partition)
            .map(|call| (call.2, call.3))
            .collect();
        let mut expected: Vec<_> = (0..20).map(|id| (id, 1)).collect();
        if partition < 2 {
            expected.splice(3..4, (1..=4).map(|attempt| (3, attempt)));
        }
        assert_eq!(own, expected, "partition {partition}");
    }
    assert_eq!(
        plain.committed("retry-ordered", "retry-ordered", 3),
        [Some(20); 3]
    );
}

service!(
    Keyed,
    KeyedModel,
    "retry-keyed",
    [
        retry(attempts = 100, backoff = "5m"),
        order = "key",
        concurrency = 1
    ]
);

/// A key that waits for minutes holds up neither the others nor the only worker; nothing is committed over it, and
/// the shutdown does not wait for the minutes.
#[tokio::test]
async fn a_key_waits_for_its_record_and_holds_up_no_other() {
    let broker = Broker::with(&[("retry-keyed", 1)]).await;
    let plain = broker.plain();
    let mut records = events(0, "good", 0..2);
    records.extend(events(0, "bad", 2..5));
    records.extend(events(0, "good", 5..100));
    plain.produce("retry-keyed", records);
    let kafka = broker.kafka();
    let model = KeyedModel::register_all(&kafka).unwrap();
    model
        .events
        .handle(async |event: Keyed| {
            if event.name == "bad" {
                Err("never")
            } else {
                Ok(())
            }
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("all of the other key", || {
        model.events.status().handled == 97
    })
    .await;
    soon("the commit of what is before", || {
        model.events.status().partitions[0].committed == Some(2)
    })
    .await;
    let status = model.events.status();
    assert_eq!((status.retried, status.partitions[0].recovering), (1, 1));
    let began = Instant::now();
    let report = running.shutdown().await;
    // Nobody waits for what would come after the drain.
    assert!(report.is_clean(), "{report}");
    assert!(began.elapsed() < Duration::from_secs(8), "{report}");
    assert_eq!(
        plain.committed("retry-keyed", "retry-keyed", 1),
        [Some(2)],
        "what failed comes again, and nothing before it"
    );
}

service!(
    Judged,
    JudgedModel,
    "retry-judged",
    [
        retry(attempts = 3, backoff = "1ms"),
        on_failure = "skip",
        order = "key"
    ]
);

#[derive(Debug)]
struct Own(Permanent);

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("own")
    }
}

impl std::error::Error for Own {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What is worth another attempt is the handler's word; a payload that cannot be decoded never is, a panic is.
#[tokio::test]
async fn only_what_may_succeed_is_tried_again() {
    let broker = Broker::with(&[("retry-judged", 1)]).await;
    let plain = broker.plain();
    let mut records = Vec::new();
    for (id, name) in ["fail", "panic", "reject", "permanent", "hidden", "good"]
        .into_iter()
        .enumerate()
    {
        let id = id as u64;
        records.extend(events(0, name, id..id + 1));
    }
    records.push(RawRecord::of(0, "no json").key("undecodable"));
    plain.produce("retry-judged", records);
    let kafka = broker.kafka();
    let model = JudgedModel::register_all(&kafka).unwrap();
    let attempts: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    let seen = Arc::clone(&attempts);
    let handler = move |record: Record<Judged>| {
        let seen = Arc::clone(&seen);
        async move {
            *seen.lock().unwrap().entry(record.name.clone()).or_default() += 1;
            match record.name.as_str() {
                "fail" => Outcome::fail("try again"),
                "panic" => panic!("try again"),
                "reject" => Outcome::reject("never"),
                "permanent" => Outcome::fail(Permanent::new("never")),
                "hidden" => Outcome::fail(Own(Permanent::new("never"))),
                _ => Outcome::Ack,
            }
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let status = model
        .events
        .wait_until(Duration::from_secs(20), |status| {
            status.handled + status.skipped == 7
        })
        .await
        .expect("all are handled or skipped");
    assert_eq!((status.failed, status.retried), (6, 4));
    assert!(running.shutdown().await.is_clean());
    let attempts = attempts.lock().unwrap();
    let of = |name: &str| attempts.get(name).copied();
    assert_eq!((of("fail"), of("panic")), (Some(3), Some(3)));
    assert_eq!(
        (of("reject"), of("permanent"), of("hidden"), of("good")),
        (Some(1), Some(1), Some(1), Some(1))
    );
    assert_eq!(of("undecodable"), None);
}

service!(
    Patient,
    PatientModel,
    "retry-patient",
    [retry(attempts = 6, backoff = "500ms")]
);

#[derive(KafkaModel)]
#[kafka(
    group_id = "retry-impatient",
    session_timeout_ms = "6s",
    max_poll_interval_ms = "6s",
    commit_interval_ms = 50
)]
struct ImpatientModel {
    #[kafka(retry(attempts = 20, backoff = "500ms"))]
    events: Topic<Patient>,
}

/// Ten seconds of attempts under a `max_poll_interval_ms` of six: the group never takes the partition away.
#[tokio::test]
async fn retrying_never_lets_the_poll_interval_run_out() {
    let broker = Broker::with(&[("retry-patient", 1)]).await;
    broker
        .plain()
        .produce("retry-patient", events(0, "a", 0..3));
    let kafka = broker.kafka();
    let model = ImpatientModel::register_all(&kafka).unwrap();
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&attempts);
    let handler = move |record: Record<Patient>| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().push((record.id, record.attempt()));
            if record.id == 1 && record.attempt() < 18 {
                return Err("not yet");
            }
            Ok(())
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let began = Instant::now();
    model
        .events
        .wait_until(Duration::from_secs(30), |status| status.handled == 3)
        .await
        .expect("all are handled");
    assert!(began.elapsed() > Duration::from_secs(8), "it took attempts");
    let rebalances = kafka.status().services[0].rebalances;
    assert_eq!(rebalances, 1, "the partition never went away");
    assert!(running.shutdown().await.is_clean());
    let mut expected = vec![(0, 1)];
    expected.extend((1..=18).map(|attempt| (1, attempt)));
    expected.push((2, 1));
    assert_eq!(*attempts.lock().unwrap(), expected);
}

/// A record that is pulled is in the user's hands: there is no handler to be called again.
#[tokio::test]
async fn a_stream_cannot_retry() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:1").build();
    let model = PatientModel::register_all(&kafka).unwrap();
    let error = model.events.stream().unwrap_err();
    assert!(matches!(error, Error::Attach(_)), "{error}");
    let said =
        "the topic field `events` has `retry(...)`, which needs a handler that can be called again";
    assert!(error.to_string().starts_with(said), "{error}");
}
