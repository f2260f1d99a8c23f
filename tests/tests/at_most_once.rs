//! `delivery = "at_most_once"`: records are committed before they are handled.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kafka_model::embedded::{BrokerError, EmbeddedKafka, Request};
use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{
    Broker, Load, SOON, WorkerProcess, random_work, show_logs, some_records, times_handled, until,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "at-most-once-first",
    delivery = "at_most_once",
    max_buffered = 20
)]
struct First {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "at-most-once-first")]
struct FirstModel {
    records: Topic<First>,
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_committed_before_they_are_handled() {
    const NAME: &str = "at-most-once-first";
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = Arc::new(broker.plain());
    plain.produce(NAME, some_records(2, 60));
    let kafka = broker.kafka();
    let model = FirstModel::register_all(&kafka).unwrap();
    let early: Arc<Mutex<Vec<String>>> = Arc::default();
    let handler = {
        let (early, plain) = (Arc::clone(&early), Arc::clone(&plain));
        move |record: Record<First>| {
            let committed = tokio::task::block_in_place(|| plain.committed(NAME, NAME, 2));
            let committed = committed[usize::try_from(record.partition()).unwrap()];
            if committed.is_none_or(|next| next <= record.offset()) {
                early
                    .lock()
                    .unwrap()
                    .push(format!("{record:?} with {committed:?}"));
            }
            std::future::ready(())
        }
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == 120)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
    let early = early.lock().unwrap();
    assert!(
        early.is_empty(),
        "handled before they were committed: {early:#?}"
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "at-most-once-refused", delivery = "at_most_once")]
struct Refused {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "at-most-once-refused", commit_interval_ms = 10)]
struct RefusedModel {
    records: Topic<Refused>,
}

/// Only the embedded broker can be told to refuse commits, so this runs on it alone.
#[tokio::test(flavor = "multi_thread")]
async fn records_whose_commit_is_refused_are_not_handled() {
    show_logs();
    let broker = EmbeddedKafka::start().unwrap();
    broker.create_topic("at-most-once-refused", 2).unwrap();
    let kafka = broker.kafka();
    let model = RefusedModel::register_all(&kafka).unwrap();
    let handled = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&handled);
    let handler = move |_: Refused| {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::ready(())
    };
    model.records.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let refused = [BrokerError::GroupAuthorizationFailed; 4];
    broker
        .fail_requests(Request::OffsetCommit, &refused)
        .unwrap();
    for id in 0..20 {
        model.records.publish(&Refused { id }).await.unwrap();
    }
    let failures = || running.status().services[0].commit_failures;
    until("refused commits", || failures() >= 3, || running.status()).await;
    // Another one is refused before any can be taken.
    assert_eq!(
        handled.load(Ordering::SeqCst),
        0,
        "handled before they were committed"
    );
    let done = model
        .records
        .wait_until(SOON, |records| records.handled == 20)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "at-most-once-shutdown",
    delivery = "at_most_once",
    max_buffered = 200
)]
struct Shutdown {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "at-most-once-shutdown")]
struct ShutdownModel {
    records: Topic<Shutdown>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_shutdown_handles_all_that_it_has_committed() {
    const NAME: &str = "at-most-once-shutdown";
    let broker = Broker::with(&[(NAME, 4)]).await;
    let plain = broker.plain();
    plain.produce(NAME, some_records(4, 1_000));
    let handled: Arc<Mutex<Vec<(i32, i64)>>> = Arc::default();
    // The second run goes on where the first one was shut down.
    for run in 0..2 {
        let kafka = broker.kafka();
        let model = ShutdownModel::register_all(&kafka).unwrap();
        let gate = Arc::new(Semaphore::new(if run == 0 { 500 } else { 0 }));
        let handler = {
            let (handled, gate) = (Arc::clone(&handled), Arc::clone(&gate));
            move |record: Record<Shutdown>| {
                let (handled, gate) = (Arc::clone(&handled), Arc::clone(&gate));
                async move {
                    gate.acquire().await.unwrap().forget();
                    random_work(record.id).await;
                    handled
                        .lock()
                        .unwrap()
                        .push((record.partition(), record.offset()));
                }
            }
        };
        model.records.handle(handler).unwrap();
        let running = kafka.start().await.unwrap();
        if run == 0 {
            // Its buffer is full of what is committed when it is shut down, and handlers are at work.
            let mut most = 0;
            until(
                "a full buffer",
                || {
                    let status = model.records.status();
                    most = most.max(status.buffered);
                    status.handled == 500 && status.buffered > 100
                },
                || model.records.status(),
            )
            .await;
            assert!(most <= 200, "{most} records were buffered");
        } else {
            gate.add_permits(10_000);
            until(
                "everything committed",
                || plain.committed(NAME, NAME, 4) == [Some(1_000); 4],
                || model.records.status(),
            )
            .await;
        }
        let shutdown = tokio::spawn(running.shutdown());
        gate.add_permits(10_000);
        let report = shutdown.await.unwrap();
        assert!(report.is_clean(), "{report}");

        let mut handled = handled.lock().unwrap().clone();
        handled.sort_unstable();
        let committed = plain.committed(NAME, NAME, 4);
        let expected = (0..4_i32)
            .zip(committed)
            .flat_map(|(partition, committed)| {
                (0..committed.unwrap_or(0)).map(move |offset| (partition, offset))
            });
        assert!(
            handled.into_iter().eq(expected),
            "what is committed is handled, once"
        );
    }
    assert_eq!(plain.committed(NAME, NAME, 4), [Some(1_000); 4]);
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "at-most-once-reset", delivery = "at_most_once")]
struct Reset {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "at-most-once-reset")]
struct ResetModel {
    records: Topic<Reset>,
}

/// A topic that was made anew is read from its start, up to where the group had committed before: then there is
/// nothing to commit, and the record must not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_where_the_group_already_stands_is_handled() {
    const NAME: &str = "at-most-once-reset";
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    plain.commit(NAME, NAME, 0, 1);
    let kafka = broker.kafka();
    let model = ResetModel::register_all(&kafka).unwrap();
    model.records.handle(async |_: Reset| ()).unwrap();
    let running = kafka.start().await.unwrap();
    until(
        "what the group had committed",
        || {
            let status = model.records.status();
            status
                .partitions
                .iter()
                .any(|partition| partition.committed == Some(1))
        },
        || model.records.status(),
    )
    .await;
    // The client finds that offset 1 is out of range.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    plain.produce(NAME, some_records(1, 1));
    let handled = model
        .records
        .wait_until(SOON / 4, |records| records.handled == 1)
        .await;
    assert!(handled.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_leaves_nothing_to_be_seen_twice() {
    const NAME: &str = "at-most-once-killed";
    let broker = Broker::with(&[(NAME, 4)]).await;
    let plain = broker.plain();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let start = |number| {
        WorkerProcess::start(
            env!("CARGO_BIN_EXE_worker"),
            &broker,
            NAME,
            directory,
            number,
        )
    };
    let load = Load::start(broker.plain(), NAME, 4);
    let mut killed = Vec::new();
    for number in 0..2 {
        let mut worker = start(number);
        until(
            "a process at work",
            || worker.lines().len() > 1_000,
            || worker.lines().len(),
        )
        .await;
        worker.kill();
        killed.push(worker);
    }
    let mut last = start(2);
    until(
        "a process at work",
        || last.lines().len() > 1_000,
        || last.lines().len(),
    )
    .await;
    let each = load.stop();
    until(
        "everything committed",
        || plain.committed(NAME, NAME, 4) == [Some(each); 4],
        || (each, plain.committed(NAME, NAME, 4)),
    )
    .await;
    last.terminate();
    let mut status = None;
    until(
        "the end of a process",
        || {
            status = last.ended();
            status.is_some()
        },
        || "it still runs",
    )
    .await;
    assert!(status.unwrap().success(), "{status:?}");
    killed.push(last);
    let lines: Vec<_> = killed.iter().map(WorkerProcess::lines).collect();
    let times = times_handled(lines.iter().flatten());
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    // What was lost is what the killed ones had committed and not handled: no more than their buffers.
    let lost = usize::try_from(4 * each).unwrap() - times.len();
    assert!(lost <= 2 * 100, "{lost} of {} lost", 4 * each);
}
