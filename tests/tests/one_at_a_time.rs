//! A handler that outlives its assignment, and the next assignment of its partition to the same process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

const NAME: &str = "one-at-a-time";

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "one-at-a-time")]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "one-at-a-time", drain_timeout_ms = 100)]
struct Model {
    events: Topic<Event>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_comes_back_waits_for_the_handler_that_is_still_at_work() {
    let broker = Broker::with(&[(NAME, 1)]).await;
    let record = |id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#));
    broker.plain().produce(NAME, (0..5).map(record));
    let kafka = broker.kafka();
    let model = Model::register_all(&kafka).unwrap();
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let handler = {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        move |_: Event| {
            let gate = Arc::clone(&gate);
            begun.fetch_add(1, Ordering::SeqCst);
            async move { gate.acquire().await.unwrap().forget() }
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("a handler at work", || begun.load(Ordering::SeqCst) == 1).await;
    // It does not end in time, and the partition is given up without it.
    assert!(model.events.stop().await);
    model.events.start();
    soon("the partition again, and waiting", || {
        let partitions = model.events.status().partitions;
        partitions
            .iter()
            .any(|partition| partition.waits_for_earlier)
    })
    .await;
    assert_eq!(begun.load(Ordering::SeqCst), 1, "one at a time");

    gate.add_permits(100);
    soon("all records", || begun.load(Ordering::SeqCst) == 6).await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(broker.plain().committed(NAME, NAME, 1), [Some(5)]);
}
