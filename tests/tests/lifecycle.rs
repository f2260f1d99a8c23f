//! Starting, stopping and shutting down; and what a user reads who got one of them wrong.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kafka_model::{
    Error, Kafka, KafkaMessage, KafkaModel, ServicePhase, ServiceStatus, StartError, Topic,
};
use kafka_model_tests::{Broker, RawRecord, SOON, soon};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// The ids that were handled, in order.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<Vec<u64>>>);

impl Ids {
    fn add(&self, id: u64) {
        self.0.lock().unwrap().push(id);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn sorted(&self) -> Vec<u64> {
        let mut ids = self.0.lock().unwrap().clone();
        ids.sort_unstable();
        ids
    }
}

/// Records with these ids, spread over so many partitions.
fn records(ids: std::ops::Range<u64>, partitions: i32) -> impl Iterator<Item = RawRecord> {
    ids.zip((0..partitions).cycle())
        .map(|(id, partition)| RawRecord::of(partition, format!("{{\"id\":{id}}}")))
}

fn service(kafka: &Kafka, name: &str) -> ServiceStatus {
    kafka
        .status()
        .services
        .into_iter()
        .find(|status| status.service == name)
        .expect("a service")
}

async fn phase(kafka: &Kafka, name: &str, expected: ServicePhase) {
    soon(&format!("{name} {expected:?}"), || {
        service(kafka, name).phase == expected
    })
    .await;
}

/// How many members a group has, asked by a client that is not ours; only real brokers know.
fn members(broker: &Broker, group: &str) -> usize {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .create()
        .unwrap();
    let groups = client.fetch_group_list(Some(group), SOON).unwrap();
    groups
        .groups()
        .iter()
        .map(|group| group.members().len())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_topic_starts_and_stops_beside_others() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-shared-always")]
    struct Always {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-shared-manual", start_immediately = false)]
    struct Manual {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-shared")]
    struct Service {
        always: Topic<Always>,
        manual: Topic<Manual>,
    }

    let topics = ["lifecycle-shared-always", "lifecycle-shared-manual"];
    let broker = Broker::with(&[(topics[0], 2), (topics[1], 2)]).await;
    let plain = broker.plain();
    let produce = |ids: std::ops::Range<u64>| {
        for topic in topics {
            plain.produce(topic, records(ids.clone(), 2));
        }
    };
    produce(0..10);
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let (always, manual) = (Ids::default(), Ids::default());
    let noted = always.clone();
    model
        .always
        .handle(move |event: Always| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    let noted = manual.clone();
    model
        .manual
        .handle(move |event: Manual| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();

    soon("the first ten of one", || always.len() == 10).await;
    let status = model.manual.status();
    assert!(!status.started && status.partitions.is_empty());
    assert_eq!(manual.len(), 0);

    model.manual.start();
    soon("the first ten of the other", || manual.len() == 10).await;
    assert!(model.manual.status().started);

    assert!(model.manual.stop().await);
    let status = model.manual.status();
    assert!(!status.started && status.partitions.is_empty() && status.buffered == 0);
    assert_eq!(
        plain.committed_sum("lifecycle-shared", topics[1], 2),
        10,
        "a stop commits"
    );
    produce(10..20);
    soon("ten more of one", || always.len() == 20).await;
    assert_eq!(manual.len(), 10, "a stopped topic is not consumed");
    assert_eq!(
        service(&kafka, "Service.shared").phase,
        ServicePhase::Running
    );

    model.manual.start();
    soon("ten more of the other", || manual.len() == 20).await;
    produce(20..30);
    soon("both go on", || always.len() == 30 && manual.len() == 30).await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(always.sorted(), (0..30).collect::<Vec<_>>());
    assert_eq!(
        manual.sorted(),
        (0..30).collect::<Vec<_>>(),
        "none lost, none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_dedicated_topic_has_no_connection() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-dedicated-always")]
    struct Always {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "lifecycle-dedicated-manual",
        dedicated(group_id = "lifecycle-dedicated-manual")
    )]
    #[kafka(start_immediately = false)]
    struct Manual {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-dedicated")]
    struct Service {
        always: Topic<Always>,
        manual: Topic<Manual>,
    }

    let topics = ["lifecycle-dedicated-always", "lifecycle-dedicated-manual"];
    let broker = Broker::with(&[(topics[0], 1), (topics[1], 1)]).await;
    let plain = broker.plain();
    let produce = |ids: std::ops::Range<u64>| {
        for topic in topics {
            plain.produce(topic, records(ids.clone(), 1));
        }
    };
    produce(0..10);
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let (always, manual) = (Ids::default(), Ids::default());
    let noted = always.clone();
    model
        .always
        .handle(move |event: Always| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    let noted = manual.clone();
    model
        .manual
        .handle(move |event: Manual| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("the first ten of one", || always.len() == 10).await;
    assert_eq!(service(&kafka, "Service.manual").phase, ServicePhase::Idle);
    assert_eq!(manual.len(), 0);

    let mut expected = 10;
    for round in 1..=3 {
        model.manual.start();
        soon("what waited", || manual.len() == expected).await;
        phase(&kafka, "Service.manual", ServicePhase::Running).await;
        assert!(model.manual.stop().await);
        assert_eq!(
            plain.committed("lifecycle-dedicated-manual", topics[1], 1),
            [Some(expected as i64)]
        );
        phase(&kafka, "Service.manual", ServicePhase::Idle).await;
        if broker.is_real() {
            assert_eq!(
                members(&broker, "lifecycle-dedicated-manual"),
                0,
                "an idle service left its group"
            );
            assert_eq!(members(&broker, "lifecycle-dedicated"), 1);
        }
        produce(round * 10..round * 10 + 10);
        soon("the others", || always.len() == expected + 10).await;
        assert_eq!(manual.len(), expected);
        expected += 10;
    }
    // Left stopped: a shutdown has nothing to do there.
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        manual.sorted(),
        (0..30).collect::<Vec<_>>(),
        "none lost, none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_service_is_idle_when_all_its_topics_are_stopped() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-idle-one")]
    struct One {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-idle-two")]
    struct Two {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-idle", start_immediately = false)]
    struct Service {
        one: Topic<One>,
        two: Topic<Two>,
    }

    let topics = ["lifecycle-idle-one", "lifecycle-idle-two"];
    let broker = Broker::with(&[(topics[0], 1), (topics[1], 1)]).await;
    let plain = broker.plain();
    plain.produce(topics[0], records(0..5, 1));
    plain.produce(topics[1], records(0..5, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let (one, two) = (Ids::default(), Ids::default());
    let noted = one.clone();
    model
        .one
        .handle(move |event: One| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    let noted = two.clone();
    model
        .two
        .handle(move |event: Two| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    // A start or a stop before the runtime runs is what it begins with.
    model.one.start();
    model.two.start();
    assert!(model.two.stop().await);
    let running = kafka.start().await.unwrap();
    soon("one", || one.len() == 5).await;
    assert_eq!(two.len(), 0);
    assert!(model.one.stop().await);
    phase(&kafka, "Service.shared", ServicePhase::Idle).await;
    model.two.start();
    soon("two", || two.len() == 5).await;
    model.one.start();
    plain.produce(topics[0], records(5..10, 1));
    soon("one again", || one.len() == 10).await;
    assert!(model.one.stop().await && model.two.stop().await);
    phase(&kafka, "Service.shared", ServicePhase::Idle).await;
    assert!(running.shutdown().await.is_clean());
    phase(&kafka, "Service.shared", ServicePhase::Stopped).await;
    assert_eq!(
        (one.sorted(), two.sorted()),
        ((0..10).collect(), (0..5).collect())
    );
}

/// Whatever a stop comes upon: once it has returned, nothing more of the topic is handled.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handled_after_a_stop() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "lifecycle-after-stop",
        concurrency = 4,
        start_immediately = false
    )]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-after-stop-beside")]
    struct Beside {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-after-stop", commit_interval_ms = "10ms")]
    struct Service {
        events: Topic<Event>,
        beside: Topic<Beside>,
    }

    const RECORDS: u64 = 3_000;
    let broker = Broker::with(&[
        ("lifecycle-after-stop", 3),
        ("lifecycle-after-stop-beside", 1),
    ])
    .await;
    let plain = broker.plain();
    plain.produce("lifecycle-after-stop", records(0..RECORDS, 3));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids = Ids::default();
    let noted = ids.clone();
    let handler = move |event: Event| {
        let noted = noted.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            noted.add(event.id);
        }
    };
    model.events.handle(handler).unwrap();
    model.beside.handle(async |_: Beside| ()).unwrap();
    let running = kafka.start().await.unwrap();
    for round in 0..6 {
        model.events.start();
        // A stop at once, in the middle of joining, and in the middle of handling.
        match round % 3 {
            0 => {}
            1 => tokio::task::yield_now().await,
            _ => {
                let before = ids.len();
                soon("some handled", || ids.len() > before).await;
            }
        }
        assert!(model.events.stop().await);
        let at_stop = ids.len();
        // Enough of the service's life to show it if the topic still had any.
        for _ in 0..3 {
            let before = model.beside.status().handled;
            plain.produce("lifecycle-after-stop-beside", records(0..1, 1));
            soon("the topic beside", || {
                model.beside.status().handled > before
            })
            .await;
        }
        assert_eq!(ids.len(), at_stop, "round {round}: handled after the stop");
        assert_eq!(
            plain.committed_sum("lifecycle-after-stop", "lifecycle-after-stop", 3),
            at_stop as i64,
            "round {round}: what was handled is committed"
        );
    }
    assert!(
        ids.len() < RECORDS as usize,
        "the rounds were meant to stop in the middle"
    );
    model.events.start();
    soon("the rest", || ids.len() as u64 >= RECORDS).await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        ids.sorted(),
        (0..RECORDS).collect::<Vec<_>>(),
        "none lost, none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_what_is_being_handled() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-busy-stop")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-busy-stop")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-busy-stop", 1)]).await;
    broker
        .plain()
        .produce("lifecycle-busy-stop", records(0..10, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(3));
    let (begun, done) = (Ids::default(), Ids::default());
    let (held, begins, noted) = (Arc::clone(&gate), begun.clone(), done.clone());
    let handler = move |event: Event| {
        let (gate, done) = (Arc::clone(&held), noted.clone());
        begins.add(event.id);
        async move {
            gate.acquire().await.unwrap().forget();
            done.add(event.id);
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the fourth to be handled", || {
        begun.len() == 4 && done.len() == 3
    })
    .await;
    let events = model.events.clone();
    let stop = tokio::spawn(async move { events.stop().await });
    soon("the stop to be asked for", || {
        !model.events.status().started
    })
    .await;
    // One by one: whatever the stop comes upon is finished before it returns, and no more is begun.
    while !stop.is_finished() {
        if begun.len() > done.len() && gate.available_permits() == 0 {
            gate.add_permits(1);
        }
        tokio::task::yield_now().await;
    }
    assert!(stop.await.unwrap());
    let handled = done.len();
    assert!((4..=10).contains(&handled));
    assert_eq!(begun.sorted(), done.sorted(), "what was begun is finished");
    let committed = broker
        .plain()
        .committed("lifecycle-busy-stop", "lifecycle-busy-stop", 1);
    assert_eq!(committed, [Some(handled as i64)]);
    gate.add_permits(10);
    assert!(running.shutdown().await.is_clean());
    assert_eq!(begun.len(), handled);
}

/// Shut down in the middle of work, started again, and again: everything is handled once.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_shuts_down_cleanly_and_takes_nothing_twice() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-busy", key = id, order = "key", concurrency = 8)]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-busy")]
    struct Service {
        events: Topic<Event>,
    }

    const RECORDS: u64 = 2_000;
    let broker = Broker::with(&[("lifecycle-busy", 4)]).await;
    let plain = broker.plain();
    plain.produce(
        "lifecycle-busy",
        records(0..RECORDS, 4)
            .zip(0..)
            .map(|(all, n)| all.key(n.to_string())),
    );
    let ids = Ids::default();
    for stop_at in [RECORDS / 3, RECORDS / 2, RECORDS] {
        let kafka = broker.kafka();
        let model = Service::register_all(&kafka).unwrap();
        let noted = ids.clone();
        let handler = move |event: Event| {
            let noted = noted.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                noted.add(event.id);
            }
        };
        model.events.handle(handler).unwrap();
        let signal = async { soon("some handled", || ids.len() as u64 >= stop_at).await };
        kafka.run_until(signal).await.unwrap();
        assert_eq!(
            plain.committed_sum("lifecycle-busy", "lifecycle-busy", 4),
            ids.len() as i64,
            "what was handled is committed, and nothing else"
        );
        if stop_at < RECORDS {
            assert!(
                ids.len() < RECORDS as usize,
                "it was meant to be shut down in the middle"
            );
        }
    }
    assert_eq!(
        ids.sorted(),
        (0..RECORDS).collect::<Vec<_>>(),
        "none lost, none twice"
    );
    assert_eq!(
        plain.committed_sum("lifecycle-busy", "lifecycle-busy", 4),
        RECORDS as i64
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_shuts_down_cleanly() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-nothing")]
    struct Event {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-nothing")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-nothing", 2)]).await;
    // With partitions, and before it has any.
    for assigned in [true, false] {
        let kafka = broker.kafka();
        let model = Service::register_all(&kafka).unwrap();
        model.events.handle(async |_: Event| ()).unwrap();
        let running = kafka.start().await.unwrap();
        if assigned {
            soon("both partitions", || {
                running.status().services[0].topics[0].partitions.len() == 2
            })
            .await;
        }
        let report = running.shutdown().await;
        assert!(report.is_clean(), "{report}");
        assert_eq!(report.services.len(), 1);
        assert_eq!(report.to_string(), "  - Service.shared: clean");
        assert_eq!(
            service(&kafka, "Service.shared").phase,
            ServicePhase::Stopped
        );
        assert_eq!(
            broker
                .plain()
                .committed("lifecycle-nothing", "lifecycle-nothing", 2),
            [None, None]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_handler_does_not_hold_the_shutdown_and_is_reported() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-hung", concurrency = 4)]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "lifecycle-hung-beside",
        dedicated(group_id = "lifecycle-hung-beside")
    )]
    struct Beside {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-hung", drain_timeout_ms = "300ms")]
    struct Service {
        events: Topic<Event>,
        beside: Topic<Beside>,
    }

    let broker = Broker::with(&[("lifecycle-hung", 2), ("lifecycle-hung-beside", 1)]).await;
    let plain = broker.plain();
    // Even ids in partition 0, odd ones in partition 1.
    plain.produce("lifecycle-hung", records(0..20, 2));
    plain.produce("lifecycle-hung-beside", records(0..10, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids = Ids::default();
    let noted = ids.clone();
    let handler = move |event: Event| {
        let noted = noted.clone();
        async move {
            if event.id == 6 {
                pending::<()>().await;
            }
            noted.add(event.id);
        }
    };
    model.events.handle(handler).unwrap();
    model.beside.handle(async |_: Beside| ()).unwrap();
    let ended = kafka.run_until(soon("all that can be", || {
        ids.len() == 13
            && model.beside.status().handled == 10
            && model.events.status().partitions[0].in_flight
    }));
    let error = timeout(SOON, ended)
        .await
        .expect("by the deadline")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the shutdown was not clean:\n  - Service.shared: lifecycle-hung[0] still had a record in a handler\n  \
         - Service.beside: clean"
    );
    assert_eq!(format!("{error:?}"), error.to_string());
    let Error::Unclean(report) = error else {
        panic!("{error}")
    };
    assert!(!report.is_clean() && !report.services[0].is_clean() && report.services[1].is_clean());
    let left = &report.services[0].partitions;
    assert_eq!(
        (
            left.len(),
            left[0].partition,
            left[0].in_flight,
            left[0].uncommitted
        ),
        (1, 0, true, None)
    );
    assert_eq!(
        plain.committed("lifecycle-hung", "lifecycle-hung", 2),
        [Some(3), Some(10)]
    );

    // What was not finished comes again, and nothing else.
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids = Ids::default();
    let noted = ids.clone();
    model
        .events
        .handle(move |event: Event| {
            noted.add(event.id);
            ready(())
        })
        .unwrap();
    model.beside.handle(async |_: Beside| ()).unwrap();
    kafka
        .run_until(soon("the rest", || ids.len() >= 7))
        .await
        .unwrap();
    assert_eq!(ids.sorted(), [6, 8, 10, 12, 14, 16, 18]);
}

/// A handler that blocks its thread can not even be cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_its_thread_does_not_hold_the_shutdown() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-blocked")]
    struct Event {
        #[allow(dead_code, reason = "none is finished")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-blocked", drain_timeout_ms = "300ms")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-blocked", 1)]).await;
    broker
        .plain()
        .produce("lifecycle-blocked", records(0..3, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let (entered, released) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (enters, release) = (Arc::clone(&entered), Arc::clone(&released));
    let handler = move |_: Event| {
        enters.store(true, Ordering::SeqCst);
        while !release.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        ready(())
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the handler to block", || entered.load(Ordering::SeqCst)).await;
    let report = timeout(SOON, running.shutdown())
        .await
        .expect("by the deadline");
    assert_eq!(
        report.to_string(),
        "  - Service.shared: lifecycle-blocked[0] still had a record in a handler"
    );
    released.store(true, Ordering::SeqCst);
    // It ends too late to be counted: the record will come again.
    soon("the late end", || {
        model.events.status().late_acknowledgements == 1
    })
    .await;
    assert_eq!(
        broker
            .plain()
            .committed("lifecycle-blocked", "lifecycle-blocked", 1),
        [None]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_what_runs_shuts_it_down() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-drop")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-drop", commit_interval_ms = "1h")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-drop", 1)]).await;
    let plain = broker.plain();
    let ids = Ids::default();
    for round in 0..2 {
        plain.produce("lifecycle-drop", records(round * 5..round * 5 + 5, 1));
        let kafka = broker.kafka();
        let model = Service::register_all(&kafka).unwrap();
        let noted = ids.clone();
        model
            .events
            .handle(move |event: Event| {
                noted.add(event.id);
                ready(())
            })
            .unwrap();
        let running = kafka.start().await.unwrap();
        soon("five more", || ids.len() as u64 >= (round + 1) * 5).await;
        drop(running);
        phase(&kafka, "Service.shared", ServicePhase::Stopped).await;
        assert_eq!(
            plain.committed("lifecycle-drop", "lifecycle-drop", 1),
            [Some((round as i64 + 1) * 5)]
        );
    }
    assert_eq!(ids.sorted(), (0..10).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn run_until_runs_until_its_signal() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-signal")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-signal")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-signal", 1)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let sum = Arc::new(AtomicU64::new(0));
    let (counted, added) = (Arc::clone(&sum), Arc::clone(&sum));
    model
        .events
        .handle(move |event: Event| {
            added.fetch_add(event.id, Ordering::SeqCst);
            ready(())
        })
        .unwrap();
    let (signal, signalled) = oneshot::channel::<()>();
    let run = tokio::spawn(async move { kafka.run_until(signalled).await });
    broker
        .plain()
        .produce("lifecycle-signal", [RawRecord::of(0, r#"{"id":41}"#)]);
    soon("the record", || counted.load(Ordering::SeqCst) == 41).await;
    assert!(!run.is_finished());
    // What the signal yields is not looked at: here, that its sender is gone.
    drop(signal);
    run.await.unwrap().unwrap();
    assert_eq!(model.events.status().handled, 1);
}

/// An error as `main` prints it, which is how it reads.
fn text(error: &Error) -> String {
    assert_eq!(format!("{error:?}"), error.to_string());
    error.to_string()
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "lifecycle-mistakes")]
struct Plain {
    #[allow(dead_code, reason = "none comes")]
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "lifecycle-mistakes-other")]
struct Other {
    #[allow(dead_code, reason = "none comes")]
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "lifecycle-mistakes-out")]
struct Out {
    #[allow(dead_code, reason = "none comes")]
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "lifecycle-mistakes")]
struct Mistakes {
    plain: Topic<Plain>,
    other: Topic<Other>,
    #[kafka(publish_only)]
    out: Topic<Out>,
}

#[tokio::test]
async fn what_is_not_ready_does_not_start() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let error = kafka.start().await.unwrap_err();
    assert_eq!(
        text(&error),
        "no model is registered: call its `register_all(&kafka)` first"
    );

    let model = Mistakes::register_all(&kafka).unwrap();
    let error = kafka.start().await.unwrap_err();
    assert_eq!(
        text(&error),
        "nothing handles `Mistakes.plain`, `Mistakes.other`: call `.handle(…)` or `.stream()` on each, or mark those \
         that are only published to with `#[kafka(publish_only)]`"
    );
    // That is mended, and started again.
    model.plain.handle(async |_: Plain| ()).unwrap();
    let error = kafka.start().await.unwrap_err();
    assert!(
        text(&error).starts_with("nothing handles `Mistakes.other`: "),
        "{error}"
    );
    assert!(
        matches!(error, Error::Start(StartError::NoHandler { fields }) if fields == ["Mistakes.other"])
    );
}

#[test]
fn outside_of_tokio_nothing_starts() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let model = Mistakes::register_all(&kafka).unwrap();
    model.plain.handle(async |_: Plain| ()).unwrap();
    model.other.handle(async |_: Other| ()).unwrap();
    let mut start = pin!(kafka.start());
    let Poll::Ready(Err(error)) = start.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("it waits")
    };
    assert_eq!(
        text(&error),
        "there is no tokio runtime: call this from within one (`#[tokio::main]`)"
    );
}

#[test]
fn a_topic_is_handled_once() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let model = Mistakes::register_all(&kafka).unwrap();
    model.plain.handle(async |_: Plain| ()).unwrap();
    let twice = "the topic field `plain` already has a handler; a topic has one: let it do both, or give the second \
                 service a model of its own";
    assert_eq!(
        text(&model.plain.handle(async |_: Plain| ()).unwrap_err()),
        twice
    );
    assert_eq!(text(&model.plain.clone().stream().unwrap_err()), twice);
    let _stream = model.other.stream().unwrap();
    assert_eq!(
        text(&model.other.handle(async |_: Other| ()).unwrap_err()),
        "the topic field `other` already has a stream; a topic has one: let it do both, or give the second service a \
         model of its own"
    );
    let publish_only =
        "the topic field `out` is `publish_only`; remove that from its `#[kafka(…)]` to consume it";
    assert_eq!(
        text(&model.out.handle(async |_: Out| ()).unwrap_err()),
        publish_only
    );
    assert_eq!(text(&model.out.stream().unwrap_err()), publish_only);
}

#[derive(KafkaModel)]
#[kafka(group_id = "lifecycle-mistakes")]
#[allow(dead_code, reason = "only registered")]
struct SameGroup {
    #[kafka(dedicated(group_id = "lifecycle-mistakes-own"))]
    plain: Topic<Plain>,
    other: Topic<Other>,
}

#[derive(KafkaModel)]
#[allow(dead_code, reason = "only registered")]
struct SameDedicatedGroup {
    #[kafka(dedicated(group_id = "lifecycle-mistakes"))]
    plain: Topic<Plain>,
}

#[test]
fn a_model_is_registered_once_and_has_its_groups_to_itself() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let _model = Mistakes::register_all(&kafka).unwrap();
    let taken = "the group `lifecycle-mistakes` is already that of another registered model; the two consumers would \
                 share out each other's partitions: give one of them another `group_id`";
    assert_eq!(
        text(&SameGroup::register_all(&kafka).map(|_| ()).unwrap_err()),
        format!("the model `SameGroup` cannot be registered:\n  - SameGroup: {taken}")
    );
    assert_eq!(
        text(
            &SameDedicatedGroup::register_all(&kafka)
                .map(|_| ())
                .unwrap_err()
        ),
        format!(
            "the model `SameDedicatedGroup` cannot be registered:\n  - SameDedicatedGroup.plain: {taken}"
        )
    );
    assert_eq!(
        text(&Mistakes::register_all(&kafka).map(|_| ()).unwrap_err()),
        "the model `Mistakes` cannot be registered:\n  - it is already registered; keep and share the model that the \
         first `register_all` returned"
    );
    // What failed has left nothing behind.
    assert_eq!(kafka.status().services.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_takes_nothing_more_and_does_not_start_again() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-started")]
    struct Event {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-started")]
    struct Service {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("lifecycle-started", 1)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    model.events.handle(async |_: Event| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let twice = "this `Kafka` was already started; a new run needs a new `Kafka`";
    assert_eq!(text(&kafka.start().await.map(|_| ()).unwrap_err()), twice);
    assert_eq!(
        text(&kafka.clone().run_until(ready(())).await.unwrap_err()),
        twice
    );
    assert_eq!(
        text(&model.events.handle(async |_: Event| ()).unwrap_err()),
        "the topic field `events` already has a handler; a topic has one: let it do both, or give the second service \
         a model of its own"
    );
    assert_eq!(
        text(&Mistakes::register_all(&kafka).map(|_| ()).unwrap_err()),
        "the model `Mistakes` cannot be registered:\n  - the runtime is already running; register all models before \
         `run_until` or `start`"
    );
    assert_eq!(
        service(&kafka, "Service.shared").phase,
        ServicePhase::Running
    );
    assert!(running.shutdown().await.is_clean());
    assert_eq!(text(&kafka.start().await.map(|_| ()).unwrap_err()), twice);
}

#[test]
fn all_that_the_environment_lacks_is_named_at_once() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lifecycle-environment-own")]
    #[kafka(dedicated(
        group_id = "lifecycle-environment-own",
        bootstrap_servers = env("KAFKA_MODEL_TESTS_UNSET_BROKERS")
    ))]
    struct Own {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "lifecycle-environment", client_id = env("KAFKA_MODEL_TESTS_UNSET_CLIENT"))]
    #[allow(dead_code, reason = "only registered")]
    struct Service {
        plain: Topic<Plain>,
        #[kafka(dedicated(group_id = env("KAFKA_MODEL_TESTS_UNSET_GROUP")))]
        other: Topic<Other>,
        own: Topic<Own>,
    }

    if std::env::var_os("KAFKA_BOOTSTRAP_SERVERS").is_some() {
        println!("not shown: KAFKA_BOOTSTRAP_SERVERS is set");
        return;
    }
    let kafka = Kafka::from_env().unwrap();
    let error = Service::register_all(&kafka).map(|_| ()).unwrap_err();
    assert_eq!(
        text(&error),
        "the model `Service` cannot be registered:\n  \
         - Service: no broker address: set the environment variable KAFKA_BOOTSTRAP_SERVERS to \
         `host:port[,host:port…]`, call `Kafka::builder().bootstrap_servers(…)`, or give `bootstrap_servers` in an \
         attribute\n  \
         - Service: client_id = env(\"KAFKA_MODEL_TESTS_UNSET_CLIENT\"): this environment variable is not set\n  \
         - Service.other: group_id = env(\"KAFKA_MODEL_TESTS_UNSET_GROUP\"): this environment variable is not set\n  \
         - Service.own: bootstrap_servers = env(\"KAFKA_MODEL_TESTS_UNSET_BROKERS\"): this environment variable is not set"
    );
    assert!(kafka.status().services.is_empty());
}
