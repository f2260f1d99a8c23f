//! The broker goes away and comes back, while records are consumed and published.
//!
//! A real broker is shared: the tests of this file run one at a time, and no other file's beside them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, SOON, random_work, some_records, until};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// Held by the test that runs.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn stop(broker: &Broker) {
    tokio::task::block_in_place(|| broker.stop());
}

fn start_again(broker: &Broker) {
    tokio::task::block_in_place(|| broker.start_again());
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "outage-flow")]
struct Flow {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "outage-own", dedicated(group_id = "outage-own"))]
struct Own {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "outage-flow", commit_interval_ms = 100)]
struct FlowModel {
    flow: Topic<Flow>,
    own: Topic<Own>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_goes_away_and_returns_costs_no_record() {
    let _alone = ALONE.lock().await;
    let broker = Broker::with(&[("outage-flow", 4), ("outage-own", 4)]).await;
    let kafka = broker.kafka();
    let model = FlowModel::register_all(&kafka).unwrap();
    let flow: Arc<Mutex<HashSet<u64>>> = Arc::default();
    let own: Arc<Mutex<HashSet<u64>>> = Arc::default();
    let noted = Arc::clone(&flow);
    let handler = move |flow: Flow| {
        noted.lock().unwrap().insert(flow.id);
        random_work(flow.id)
    };
    model.flow.handle(handler).unwrap();
    let noted = Arc::clone(&own);
    let handler = move |own: Own| {
        noted.lock().unwrap().insert(own.id);
        random_work(own.id)
    };
    model.own.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();

    // Eight at a time, each waiting for its acknowledgement, on and on.
    let (end, next) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut publishers = Vec::new();
    for _ in 0..8 {
        let (flow, own) = (model.flow.clone(), model.own.clone());
        let (end, next) = (Arc::clone(&end), Arc::clone(&next));
        publishers.push(tokio::spawn(async move {
            while !end.load(Ordering::SeqCst) {
                let id = next.fetch_add(1, Ordering::SeqCst);
                flow.publish(&Flow { id }).await.unwrap();
                own.publish(&Own { id }).await.unwrap();
            }
        }));
    }
    let count = || (flow.lock().unwrap().len(), own.lock().unwrap().len());
    for outage in 0..2 {
        let before = count();
        let flows = || {
            let now = count();
            now.0 > before.0 + 200 && now.1 > before.1 + 200
        };
        until("a flow", flows, || (outage, running.status())).await;
        stop(&broker);
        // Published records wait, and each service has noticed.
        let noticed = || {
            running
                .status()
                .services
                .iter()
                .all(|service| service.last_error.is_some())
        };
        until("an outage", noticed, || running.status()).await;
        start_again(&broker);
    }
    let before = count();
    let flows = || {
        let now = count();
        now.0 > before.0 + 200 && now.1 > before.1 + 200
    };
    until("a flow", flows, || running.status()).await;

    end.store(true, Ordering::SeqCst);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    // The producer is idempotent: each record is there once.
    let all = next.load(Ordering::SeqCst);
    let plain = broker.plain();
    let committed = || {
        let flow = plain.committed_sum("outage-flow", "outage-flow", 4);
        (flow, plain.committed_sum("outage-own", "outage-own", 4))
    };
    let expected = i64::try_from(all).unwrap();
    until(
        "everything committed",
        || committed() == (expected, expected),
        || (expected, committed(), running.status()),
    )
    .await;
    for handled in [flow, own] {
        let handled = handled.lock().unwrap();
        let missing: Vec<_> = (0..all).filter(|id| !handled.contains(id)).collect();
        assert!(missing.is_empty(), "never handled: {missing:?}");
    }
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "outage-commit")]
struct Held {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "outage-commit", commit_interval_ms = 100)]
struct HeldModel {
    held: Topic<Held>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handled_while_the_broker_is_away_is_committed_when_it_is_back() {
    const NAME: &str = "outage-commit";
    let _alone = ALONE.lock().await;
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = broker.plain();
    plain.produce(NAME, some_records(2, 100));
    let kafka = broker.kafka();
    let model = HeldModel::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let handler = {
        let gate = Arc::clone(&gate);
        move |record: Record<Held>| {
            let gate = Arc::clone(&gate);
            async move {
                if record.offset() >= 20 {
                    let _ = gate.acquire().await.unwrap();
                }
            }
        }
    };
    model.held.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    until(
        "the first records committed, and all others here",
        || plain.committed(NAME, NAME, 2) == [Some(20); 2] && model.held.status().buffered == 160,
        || running.status(),
    )
    .await;
    stop(&broker);
    gate.add_permits(1_000);
    let handled = model
        .held
        .wait_until(SOON, |held| held.handled >= 200)
        .await;
    assert!(handled.is_some(), "{:#?}", running.status());
    start_again(&broker);
    until(
        "everything committed",
        || plain.committed(NAME, NAME, 2) == [Some(100); 2],
        || running.status(),
    )
    .await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
}
