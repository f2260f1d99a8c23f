//! `retry(topics = …)`: records that come back after a delay, by topics of their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka_model::{Kafka, KafkaMessage, KafkaModel, Outcome, Record, Topic, TopicStatus};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};

macro_rules! service {
    ($message:ident, $model:ident, $topic:literal, [$($settings:tt)*]) => {
        #[derive(Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = $topic, order = "none", $($settings)*)]
        struct $message {
            id: u64,
        }

        #[derive(KafkaModel)]
        #[kafka(group_id = "g", commit_interval_ms = 50)]
        struct $model {
            events: Topic<$message>,
        }
    };
}

/// What a handler was called with: by id, the attempt, the topic and the time of each call.
type Calls = Arc<Mutex<BTreeMap<u64, Vec<(u32, String, Instant)>>>>;

fn events(partition: i32, ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(move |id| RawRecord::of(partition, format!("{{\"id\":{id}}}")))
}

fn status(kafka: &Kafka, topic: &str) -> TopicStatus {
    let status = kafka.status();
    let found = status.topics().find(|status| status.topic == topic);
    found.expect("a topic of the service").clone()
}

service!(
    Delayed,
    DelayedModel,
    "delayed",
    [
        retry(topics = ["300ms", "1s"]),
        dead_letter = "delayed.dead"
    ]
);

/// They come back after the delay of each topic, hold up nothing meanwhile, and end in the dead-letter topic with
/// their whole story.
#[tokio::test]
async fn records_come_back_after_each_delay() {
    let (short, long) = ("delayed-g-retry-300ms", "delayed-g-retry-1s");
    let topics = [("delayed", 1), (short, 2), (long, 1), ("delayed.dead", 1)];
    let broker = Broker::with(&topics).await;
    let plain = broker.plain();
    plain.produce("delayed", events(0, 0..100));
    let kafka = broker.kafka();
    let model = DelayedModel::register_all(&kafka).unwrap();
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let handler = move |record: Record<Delayed>| {
        let seen = Arc::clone(&seen);
        async move {
            let call = (record.attempt(), record.topic().to_owned(), Instant::now());
            seen.lock()
                .unwrap()
                .entry(record.id)
                .or_default()
                .push(call);
            match record.id % 10 {
                0 => Outcome::fail("never"),
                1 if record.attempt() < 3 => Outcome::fail("not yet"),
                2 if record.attempt() < 2 => Outcome::fail("not yet"),
                _ => Outcome::Ack,
            }
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the dead letters", || {
        status(&kafka, long).dead_lettered == 10
    })
    .await;
    soon("the others", || {
        let handled = |topic| status(&kafka, topic).handled;
        (handled("delayed"), handled(short), handled(long)) == (70, 10, 10)
    })
    .await;
    assert_eq!(status(&kafka, "delayed").moved, 30);
    assert_eq!(status(&kafka, short).moved, 20);
    let own = model.events.status();
    let retries: Vec<_> = own
        .retry_topics
        .iter()
        .map(|topic| (topic.topic.as_str(), topic.handled))
        .collect();
    assert_eq!(retries, [(short, 10), (long, 10)]);
    assert!(running.shutdown().await.is_clean());
    for (id, calls) in &*calls.lock().unwrap() {
        let attempts: Vec<_> = calls.iter().map(|call| (call.0, call.1.as_str())).collect();
        let all = [(1, "delayed"), (2, short), (3, long)];
        let expected = match id % 10 {
            0 | 1 => &all[..],
            2 => &all[..2],
            _ => &all[..1],
        };
        assert_eq!(attempts, expected, "{id}");
        for (pair, delay) in calls.windows(2).zip([300, 1_000]) {
            let waited = pair[1].2 - pair[0].2;
            // Kafka's timestamps are in whole milliseconds.
            assert!(
                waited > Duration::from_millis(delay - 1),
                "{id}: {waited:?}"
            );
        }
    }
    let dead = plain.read("delayed.dead", 10);
    assert_eq!(dead.len(), 10);
    for record in dead {
        let fact = |name: &str| {
            record
                .header(&format!("__kafka_model.errors.{name}"))
                .unwrap()
        };
        assert_eq!(
            (fact("topic").as_str(), fact("attempts").as_str()),
            ("delayed", "3")
        );
        let id = fact("offset").parse::<u64>().unwrap();
        assert_eq!(
            record.payload,
            Some(format!("{{\"id\":{id}}}").into_bytes())
        );
    }
    assert_eq!(plain.committed("g", "delayed", 1), [Some(100)]);
}

service!(Durable, DurableModel, "durable", [retry(topics = ["2s"])]);

/// The process that put them there is gone before they are due: whoever comes next handles them, after the delay.
#[tokio::test]
async fn delayed_records_outlive_the_process() {
    let retry = "durable-g-retry-2s";
    let broker = Broker::with(&[("durable", 1), (retry, 1)]).await;
    let plain = broker.plain();
    if broker.is_real() {
        plain.forget_group("g").await;
    }
    plain.produce("durable", events(0, 0..20));
    let began = Instant::now();
    let run = |fail: bool| {
        let kafka = broker.kafka();
        let model = DurableModel::register_all(&kafka).unwrap();
        let handler = move |_: Durable| std::future::ready(if fail { Err("down") } else { Ok(()) });
        model.events.handle(handler).unwrap();
        kafka
    };
    let kafka = run(true);
    let running = kafka.start().await.unwrap();
    soon("all in the retry topic", || {
        status(&kafka, "durable").moved == 20
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(plain.committed("g", "durable", 1), [Some(20)]);

    let kafka = run(false);
    let running = kafka.start().await.unwrap();
    soon("all handled", || status(&kafka, retry).handled == 20).await;
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert!(running.shutdown().await.is_clean());
    assert_eq!(plain.committed("g", retry, 1), [Some(20)]);
}

service!(
    Stopped,
    StoppedModel,
    "stopped",
    [retry(topics = ["100ms"])]
);

/// `stop()` and `start()` are of the topic with its retry topics.
#[tokio::test]
async fn a_topic_is_stopped_with_its_retry_topics() {
    let retry = "stopped-g-retry-100ms";
    let broker = Broker::with(&[("stopped", 1), (retry, 1)]).await;
    let plain = broker.plain();
    let kafka = broker.kafka();
    let model = StoppedModel::register_all(&kafka).unwrap();
    model
        .events
        .handle(async |record: Record<Stopped>| {
            if record.attempt() < 2 {
                Err("not yet")
            } else {
                Ok(())
            }
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    plain.produce("stopped", events(0, 0..5));
    soon("the first five", || status(&kafka, retry).handled == 5).await;
    assert!(model.events.stop().await);
    let assigned = || {
        kafka
            .status()
            .topics()
            .map(|topic| topic.partitions.len())
            .sum::<usize>()
    };
    assert_eq!(assigned(), 0);
    plain.produce("stopped", events(0, 5..10));
    model.events.start();
    soon("the others", || status(&kafka, retry).handled == 10).await;
    assert!(running.shutdown().await.is_clean());
}
