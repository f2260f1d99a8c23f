//! A shutdown and publishing while the broker is away.
//!
//! A real one is shared by all tests of this file: they run one after the other.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka_model::{Kafka, KafkaMessage, KafkaModel, ServiceError, ServicePhase, Topic};
use kafka_model_tests::{Broker, RawRecord, SOON, capture_logs, soon};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as Turn;
use tokio::time::timeout;

static TURN: Turn<()> = Turn::const_new(());

fn last_error(kafka: &Kafka) -> Option<ServiceError> {
    kafka.status().services[0].last_error.clone()
}

fn is_one_of_several(broker: &Broker) -> bool {
    let several = broker.address().contains(',');
    if several {
        println!("not shown: of several brokers the others go on");
    }
    several
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_without_a_broker_says_what_is_not_committed() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "broker-down-shutdown")]
    struct Event {
        id: u64,
    }
    // The group waits so long for a member that could not say that it leaves.
    #[derive(KafkaModel)]
    #[kafka(group_id = "broker-down-shutdown", session_timeout_ms = "6s")]
    #[kafka(commit_interval_ms = "1h", drain_timeout_ms = "500ms")]
    struct Service {
        events: Topic<Event>,
    }

    let _turn = TURN.lock().await;
    capture_logs();
    let broker = Broker::with(&[("broker-down-shutdown", 1)]).await;
    if is_one_of_several(&broker) {
        return;
    }
    let records = (0..10).map(|id| RawRecord::of(0, format!("{{\"id\":{id}}}")));
    broker.plain().produce("broker-down-shutdown", records);
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<Vec<u64>>> = Arc::default();
    let noted = Arc::clone(&ids);
    let handler = move |event: Event| {
        noted.lock().unwrap().push(event.id);
        ready(())
    };
    model.events.handle(handler.clone()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all ten", || ids.lock().unwrap().len() == 10).await;
    broker.stop();
    soon("the service to notice", || last_error(&kafka).is_some()).await;
    let report = timeout(SOON, running.shutdown())
        .await
        .expect("by the deadline");
    broker.start_again();
    assert!(!report.is_clean());
    let left = &report.services[0].partitions;
    assert_eq!(left.len(), 1, "{report}");
    assert_eq!(
        (left[0].topic.as_str(), left[0].partition),
        ("broker-down-shutdown", 0)
    );
    assert_eq!((left[0].in_flight, left[0].uncommitted), (false, Some(10)));
    let told = "broker-down-shutdown[0] could not commit offset 10 (";
    assert!(report.to_string().contains(told), "{report}");

    // None of it is lost: what is not committed comes again.
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    ids.lock().unwrap().clear();
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("them again", || ids.lock().unwrap().len() == 10).await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    let committed = broker
        .plain()
        .committed("broker-down-shutdown", "broker-down-shutdown", 1);
    assert_eq!(committed, [Some(10)]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one cannot be frozen"]
async fn a_shutdown_beside_a_frozen_broker_ends_by_its_deadline_and_says_what_is_not_committed() {
    const NAME: &str = "broker-down-frozen";
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "broker-down-frozen")]
    struct Event {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "broker-down-frozen", session_timeout_ms = "6s")]
    #[kafka(commit_interval_ms = "1h", drain_timeout_ms = "500ms")]
    struct Service {
        events: Topic<Event>,
    }

    let _turn = TURN.lock().await;
    capture_logs();
    let broker = Broker::with(&[(NAME, 1)]).await;
    if is_one_of_several(&broker) {
        return;
    }
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    let records = (0..10).map(|id| RawRecord::of(0, format!("{{\"id\":{id}}}")));
    plain.produce(NAME, records);
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all ten", || model.events.status().handled == 10).await;
    broker.freeze();
    let began = Instant::now();
    let report = timeout(SOON, running.shutdown()).await;
    let took = began.elapsed();
    broker.thaw();
    let report = report.expect("by the deadline");
    // 500 ms for handlers, five seconds for the commit, and ten for the client to close.
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(!report.is_clean());
    let left = &report.services[0].partitions;
    assert_eq!(left.len(), 1, "{report}");
    assert_eq!((left[0].in_flight, left[0].uncommitted), (false, Some(10)));

    // None of it is lost.
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon(
        "them, or none if the broker had the commit after all",
        || {
            let status = model.events.status();
            status.handled == 10 || status.lag() == Some(0)
        },
    )
    .await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(10)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_meanwhile_goes_out_when_the_broker_is_back() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "broker-down-publish")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "broker-down-publish", commit_interval_ms = "20ms")]
    struct Service {
        events: Topic<Event>,
    }

    let _turn = TURN.lock().await;
    capture_logs();
    let broker = Broker::with(&[("broker-down-publish", 1)]).await;
    if is_one_of_several(&broker) {
        return;
    }
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<BTreeSet<u64>>> = Arc::default();
    let noted = Arc::clone(&ids);
    let handler = move |event: Event| {
        noted.lock().unwrap().insert(event.id);
        ready(())
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    for id in 0..10 {
        model.events.publish(&Event { id }).await.unwrap();
    }
    soon("what was published before", || {
        ids.lock().unwrap().len() == 10
    })
    .await;
    broker.stop();
    let publish = |id| {
        let events = model.events.clone();
        tokio::spawn(async move { events.publish(&Event { id }).await })
    };
    let waiting: Vec<_> = (10..20).map(publish).collect();
    soon("the service to notice", || last_error(&kafka).is_some()).await;
    assert!(waiting.iter().all(|publish| !publish.is_finished()));
    broker.start_again();
    for publish in waiting {
        timeout(SOON, publish)
            .await
            .expect("soon")
            .unwrap()
            .unwrap();
    }
    soon("what was published meanwhile", || {
        ids.lock().unwrap().len() == 20
    })
    .await;
    assert_eq!(kafka.status().services[0].phase, ServicePhase::Running);
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    let committed = broker
        .plain()
        .committed("broker-down-publish", "broker-down-publish", 1);
    assert_eq!(committed, [Some(20)]);
}
