//! Partitions that give nothing: those that should are found, and no others.
//!
//! A real broker is shared: the tests of this file run one at a time, and no other file's beside them.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_model::{Event, Kafka, KafkaMessage, KafkaModel, ServiceError, ServicePhase, Topic};
use kafka_model_tests::{Broker, Heard, Interposed, Logs, RawRecord, SOON, capture_logs, soon};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// Held by the test that runs.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn records(ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(|id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#)))
}

fn stalls(heard: &Heard) -> usize {
    heard.count(|event| matches!(event, Event::Stalled { .. }))
}

/// How often a silent partition of `topic` was verified, with this finding.
fn verified(logs: &Logs, topic: &str, finding: &str) -> usize {
    let topic = format!("topic={topic} ");
    logs.lines(&["silent partition verified", &topic, finding])
        .len()
}

async fn shut_down(running: kafka_model::Running) {
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

/// A network that loses the requests of a connection, and keeps it open: the client waits for an answer that does
/// not come (for a minute, by librdkafka's `socket_timeout_ms`), and complains of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_gives_nothing_although_it_should_is_told_of_and_its_client_replaced() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-lost")]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "stalls-beside",
        dedicated(group_id = "stalls-beside", stall_timeout_ms = 0)
    )]
    struct Beside {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(
        group_id = "stalls-lost",
        stall_timeout_ms = "1s",
        commit_interval_ms = 50
    )]
    struct Model {
        events: Topic<Event>,
        beside: Topic<Beside>,
    }

    let _alone = ALONE.lock().await;
    capture_logs();
    let broker = Broker::with(&[("stalls-lost", 2), ("stalls-beside", 1)]).await;
    if broker.address().contains(',') {
        println!("not shown: the proxy is before one broker");
        return;
    }
    let plain = broker.plain();
    if broker.is_real() {
        plain.forget_group("stalls-lost").await;
        plain.forget_group("stalls-beside").await;
    }
    plain.produce("stalls-lost", records(0..10));
    let proxy = Interposed::before(broker.address());
    let kafka = Kafka::builder().bootstrap_servers(proxy.address()).build();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<BTreeSet<u64>>> = Arc::default();
    let noted = Arc::clone(&ids);
    model
        .events
        .handle(move |event: Event| {
            noted.lock().unwrap().insert(event.id);
            ready(())
        })
        .unwrap();
    model.beside.handle(|_: Beside| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the first", || ids.lock().unwrap().len() == 10).await;

    proxy.lose_fetches();
    soon("a fetch of each service to be lost", || proxy.lost() == 2).await;
    plain.produce("stalls-lost", records(10..20));
    soon("word of it", || stalls(&heard) == 1).await;
    let stalled = heard
        .find(|event| match event {
            kafka_model::Event::Stalled {
                service,
                topic,
                partition,
                position,
                found,
                silent,
            } => Some((
                (service.clone(), topic.clone(), *partition),
                (*position, *found),
                *silent,
            )),
            _ => None,
        })
        .unwrap();
    let (place, offsets, silent) = stalled;
    let service = "Model.shared".to_owned();
    assert_eq!(place, (service, "stalls-lost".to_owned(), 0));
    assert_eq!(offsets, (Some(10), 10));
    assert!(silent >= Duration::from_secs(1), "{silent:?}");
    soon("the rest, by a new client", || {
        ids.lock().unwrap().len() == 20
    })
    .await;
    let failed = heard.find(|event| match event {
        kafka_model::Event::ServiceFailed { service, error, .. } => {
            Some((service.clone(), error.clone()))
        }
        _ => None,
    });
    assert!(
        matches!(&failed, Some((service, ServiceError::Stalled { partition: 0, .. }))
            if service == "Model.shared"),
        "{failed:?}"
    );
    // The other service has nothing to do with it.
    let phase = |name: &str| {
        let status = kafka.status();
        let service = status.services.iter().find(|one| one.service == name);
        service.unwrap().phase.clone()
    };
    assert_eq!(phase("Model.shared"), ServicePhase::Running);
    assert_eq!(phase("Model.beside"), ServicePhase::Running);
    shut_down(running).await;
    assert_eq!(stalls(&heard), 1);
    assert_eq!(
        plain.committed("stalls-lost", "stalls-lost", 2),
        [Some(20), None]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_partition_is_no_stall_whether_something_was_read_of_it_or_nothing() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-idle")]
    struct Event {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stalls-idle", stall_timeout_ms = 200)]
    struct Model {
        events: Topic<Event>,
    }

    let _alone = ALONE.lock().await;
    let logs = capture_logs();
    let broker = Broker::with(&[("stalls-idle", 2)]).await;
    broker.plain().produce("stalls-idle", records(0..3));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("several looks at both partitions", || {
        verified(logs, "stalls-idle", "partition=0") >= 3
            && verified(logs, "stalls-idle", "partition=1") >= 3
    })
    .await;
    assert_eq!(verified(logs, "stalls-idle", "finding=Record"), 0);
    broker.plain().produce("stalls-idle", records(3..6));
    soon("what comes later", || model.events.status().handled == 6).await;
    shut_down(running).await;
    assert_eq!(stalls(&heard), 0, "{:#?}", heard.all());
}

/// A handler that takes long is not the client's fault, and neither is a halted partition.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_handler_is_at_work_or_that_is_halted_is_no_stall() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-busy", max_buffered = 2)]
    struct Busy {
        #[allow(dead_code, reason = "only held")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-halted")]
    struct Halted {
        #[allow(dead_code, reason = "only refused")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-clock")]
    struct Clock {
        #[allow(dead_code, reason = "never there")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stalls-busy", stall_timeout_ms = 200)]
    struct Model {
        busy: Topic<Busy>,
        halted: Topic<Halted>,
        clock: Topic<Clock>,
    }

    let _alone = ALONE.lock().await;
    let logs = capture_logs();
    let topics = [
        ("stalls-busy", 1),
        ("stalls-halted", 1),
        ("stalls-clock", 1),
    ];
    let broker = Broker::with(&topics).await;
    broker.plain().produce("stalls-busy", records(0..10));
    broker.plain().produce("stalls-halted", records(0..10));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = Arc::clone(&gate);
    model
        .busy
        .handle(move |_: Busy| {
            let held = Arc::clone(&held);
            async move { held.acquire().await.unwrap().forget() }
        })
        .unwrap();
    model
        .halted
        .handle(|_: Halted| ready(Err::<(), _>("no")))
        .unwrap();
    model.clock.handle(|_: Clock| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    // As long as the idle one is looked at several times, the others would have been, too.
    soon("several looks at the idle one", || {
        verified(logs, "stalls-clock", "finding=Nothing") >= 3
    })
    .await;
    assert_eq!(verified(logs, "stalls-busy", ""), 0);
    assert_eq!(verified(logs, "stalls-halted", ""), 0);
    gate.add_permits(10);
    soon("the rest", || model.busy.status().handled == 10).await;
    shut_down(running).await;
    assert_eq!(stalls(&heard), 0, "{:#?}", heard.all());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one has no transactions"]
async fn a_partition_with_nothing_but_aborted_transactions_is_no_stall() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-aborted")]
    struct Event {
        #[allow(dead_code, reason = "never there")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stalls-aborted", stall_timeout_ms = 200)]
    struct Model {
        events: Topic<Event>,
    }

    let _alone = ALONE.lock().await;
    let logs = capture_logs();
    let broker = Broker::with(&[("stalls-aborted", 1)]).await;
    broker.plain().forget_group("stalls-aborted").await;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .set("transactional.id", "stalls-aborted")
        .create()
        .unwrap();
    producer.init_transactions(SOON).unwrap();
    for _ in 0..3 {
        producer.begin_transaction().unwrap();
        for id in 0..10 {
            let payload = format!(r#"{{"id":{id}}}"#);
            let record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to("stalls-aborted")
                .partition(0)
                .payload(payload.as_bytes());
            producer.send(record).unwrap();
        }
        producer.flush(SOON).unwrap();
        producer.abort_transaction(SOON).unwrap();
    }
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("several looks", || {
        verified(logs, "stalls-aborted", "finding=Nothing") >= 3
    })
    .await;
    shut_down(running).await;
    assert_eq!(verified(logs, "stalls-aborted", "finding=Record"), 0);
    assert_eq!(model.events.status().handled, 0);
    assert_eq!(stalls(&heard), 0, "{:#?}", heard.all());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one cannot be frozen"]
async fn a_partition_behind_a_frozen_broker_is_an_outage_and_no_stall() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stalls-frozen")]
    struct Event {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(
        group_id = "stalls-frozen",
        stall_timeout_ms = "1s",
        socket_timeout_ms = "5s"
    )]
    struct Model {
        events: Topic<Event>,
    }

    let _alone = ALONE.lock().await;
    let logs = capture_logs();
    let broker = Broker::with(&[("stalls-frozen", 1)]).await;
    let plain = broker.plain();
    plain.forget_group("stalls-frozen").await;
    plain.produce("stalls-frozen", records(0..10));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the first", || model.events.status().handled == 10).await;

    broker.freeze();
    soon("a look that nobody answers", || {
        verified(logs, "stalls-frozen", "finding=Unknown") >= 1
    })
    .await;
    broker.thaw();
    plain.produce("stalls-frozen", records(10..20));
    soon("the rest", || {
        let status = model.events.status();
        let partition = status.partitions.first();
        status.handled == 20 && partition.is_some_and(|one| one.committed == Some(20))
    })
    .await;
    shut_down(running).await;
    assert_eq!(stalls(&heard), 0, "{:#?}", heard.all());
}
