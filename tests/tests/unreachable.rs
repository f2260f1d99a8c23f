//! Brokers and topics that are not there, yet or any more.

use std::future::ready;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_model::embedded::{BrokerError, EmbeddedKafka, Request};
use kafka_model::{
    Error, Kafka, KafkaMessage, KafkaModel, Record, ServiceError, ServicePhase, ServiceStatus,
    StartError, Topic,
};
use kafka_model_tests::{Broker, RawRecord, SOON, capture_logs, proxy, soon};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::types::RDKafkaRespErr;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

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

/// An address that nothing listens at.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "unreachable-nowhere")]
struct Nowhere {
    #[allow(dead_code, reason = "none comes")]
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "unreachable-nowhere")]
struct NowhereService {
    nowhere: Topic<Nowhere>,
}

/// What a user reads who starts at an address where no broker is.
async fn start_error(address: &str) -> String {
    let kafka = Kafka::builder()
        .bootstrap_servers(address)
        .connect_timeout(Duration::from_millis(400))
        .build();
    let model = NowhereService::register_all(&kafka).unwrap();
    model.nowhere.handle(async |_: Nowhere| ()).unwrap();
    let error = timeout(SOON, kafka.start())
        .await
        .expect("within the time set")
        .unwrap_err();
    // What was begun ends by itself.
    soon("the service to stop", || {
        service(&kafka, "NowhereService.shared").phase == ServicePhase::Stopped
    })
    .await;
    let Error::Start(StartError::Unreachable { services }) = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(&services[..], [(name, ServiceError::Unreachable { brokers, within, .. })]
        if name == "NowhereService.shared" && brokers == address && within.as_millis() == 400)
    );
    error.to_string()
}

/// The text around the reason, which is librdkafka's.
fn assert_reads(error: &str, address: &str, reason: &str) {
    let start = format!(
        "no poll service could connect:\n  - NowhereService.shared: no broker answered at {address} within 400 ms ("
    );
    let end = "): check the address, that the broker runs, and that `security_protocol` is what its listener speaks";
    assert!(
        error.starts_with(&start) && error.ends_with(end) && error.contains(reason),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_nothing_listens_is_named() {
    let address = nowhere();
    assert_reads(&start_error(&address).await, &address, "Connection refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_unknown_is_named() {
    let address = "no-such-broker.invalid:9092";
    assert_reads(
        &start_error(address).await,
        address,
        "no-such-broker.invalid",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_never_answers_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let error = start_error(&address).await;
    assert!(error.contains(&address), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_services_that_cannot_connect_are_named() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-own", dedicated(group_id = "unreachable-own"))]
    struct Own {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "unreachable-idle",
        dedicated(group_id = "unreachable-idle"),
        start_immediately = false
    )]
    struct Idle {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-all")]
    struct Service {
        nowhere: Topic<Nowhere>,
        idle: Topic<Idle>,
        own: Topic<Own>,
    }

    let kafka = Kafka::builder()
        .bootstrap_servers(nowhere())
        .connect_timeout(Duration::from_millis(300))
        .build();
    let model = Service::register_all(&kafka).unwrap();
    model.nowhere.handle(async |_: Nowhere| ()).unwrap();
    model.idle.handle(async |_: Idle| ()).unwrap();
    model.own.handle(async |_: Own| ()).unwrap();
    let error = timeout(SOON, kafka.start())
        .await
        .expect("within the time set")
        .unwrap_err();
    let Error::Start(StartError::Unreachable { services }) = &error else {
        panic!("{error}")
    };
    let names: Vec<_> = services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["Service.shared", "Service.own"],
        "an idle one was not to connect"
    );
}

/// The start does not wait for a broker that is not there if another is.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_service_that_connects_is_enough() {
    #[derive(KafkaModel)]
    #[kafka(
        group_id = "unreachable-first",
        pinned(bootstrap_servers = "127.0.0.1:9")
    )]
    struct Elsewhere {
        nowhere: Topic<Nowhere>,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-second")]
    struct Event {
        #[allow(dead_code, reason = "none comes")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-second")]
    struct Here {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[("unreachable-second", 1)]).await;
    let kafka = Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_secs(3600))
        .build();
    let elsewhere = Elsewhere::register_all(&kafka).unwrap();
    elsewhere.nowhere.handle(async |_: Nowhere| ()).unwrap();
    let here = Here::register_all(&kafka).unwrap();
    here.events.handle(async |_: Event| ()).unwrap();
    let running = timeout(SOON, kafka.start())
        .await
        .expect("as soon as one is connected")
        .unwrap();
    assert_eq!(service(&kafka, "Here.shared").phase, ServicePhase::Running);
    assert_eq!(
        service(&kafka, "Elsewhere.shared").phase,
        ServicePhase::Connecting
    );
    // Nor does the shutdown wait for it.
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

/// A dedicated service whose brokers are not there fails alone, says so, and recovers when they come.
#[tokio::test(flavor = "multi_thread")]
async fn a_dedicated_service_without_brokers_fails_alone_and_recovers() {
    const APPEARS_AT: &str = "127.0.0.1:28461";
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-lonely")]
    #[kafka(dedicated(group_id = "unreachable-lonely", bootstrap_servers = "127.0.0.1:28461"))]
    struct Lonely {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-beside")]
    struct Beside {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-beside")]
    struct Service {
        lonely: Topic<Lonely>,
        beside: Topic<Beside>,
    }

    let logs = capture_logs();
    let broker = Broker::with(&[("unreachable-lonely", 2), ("unreachable-beside", 1)]).await;
    let plain = broker.plain();
    plain.produce("unreachable-lonely", records(0..10, 2));
    plain.produce("unreachable-beside", records(0..10, 1));
    // Not the runtime of an embedded broker, which would take all services there.
    let kafka = Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_millis(300))
        .build();
    let model = Service::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<Vec<u64>>> = Arc::default();
    let noted = Arc::clone(&ids);
    model
        .lonely
        .handle(move |event: Lonely| {
            noted.lock().unwrap().push(event.id);
            ready(())
        })
        .unwrap();
    model.beside.handle(async |_: Beside| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the shared one works", || {
        model.beside.status().handled == 10
    })
    .await;
    soon("the dedicated one tries again", || {
        matches!(
            service(&kafka, "Service.lonely").phase,
            ServicePhase::Failed { attempts: 2.., .. }
        )
    })
    .await;
    let lonely = service(&kafka, "Service.lonely");
    let ServicePhase::Failed { error, .. } = lonely.phase else {
        panic!("{lonely:?}")
    };
    assert!(
        matches!(&error, ServiceError::Unreachable { brokers, reason: Some(reason), .. }
        if brokers == APPEARS_AT && reason.contains("Connection refused")),
        "{error}"
    );
    assert_eq!(lonely.last_error, Some(error));
    assert!(
        !logs
            .lines(&[" ERROR ", "Service.lonely", APPEARS_AT, "attempts=2"])
            .is_empty()
    );
    assert_eq!(
        service(&kafka, "Service.shared").phase,
        ServicePhase::Running
    );
    assert_eq!(service(&kafka, "Service.shared").last_error, None);

    proxy(APPEARS_AT, broker.address());
    soon("the dedicated one runs", || {
        service(&kafka, "Service.lonely").phase == ServicePhase::Running
    })
    .await;
    soon("its records", || model.lonely.status().handled == 10).await;
    plain.produce("unreachable-beside", records(10..20, 1));
    soon("the shared one goes on", || {
        model.beside.status().handled == 20
    })
    .await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    ids.lock().unwrap().sort_unstable();
    assert_eq!(*ids.lock().unwrap(), (0..10).collect::<Vec<_>>());
    assert_eq!(
        plain.committed_sum("unreachable-lonely", "unreachable-lonely", 2),
        10
    );
}

/// A broker on which topics can be missing: a real one, or a mock cluster that is told to deny them.
enum Sparse {
    Mock(BaseProducer),
    Real(Broker),
}

impl Sparse {
    async fn without(topics: &[&str], with: &str) -> Self {
        capture_logs();
        match Broker::with(&[(with, 1)]).await {
            Broker::Embedded(_) => {
                let owner: BaseProducer = ClientConfig::new()
                    .set("test.mock.num.brokers", "1")
                    .create()
                    .unwrap();
                let cluster = owner.client().mock_cluster().unwrap();
                cluster.create_topic(with, 1, 1).unwrap();
                for topic in topics {
                    cluster.create_topic(topic, 1, 1).unwrap();
                    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
                    cluster.topic_error(topic, unknown).unwrap();
                }
                drop(cluster);
                Self::Mock(owner)
            }
            real => {
                let _ = admin(real.address())
                    .delete_topics(topics, &AdminOptions::new())
                    .await;
                Self::Real(real)
            }
        }
    }

    fn address(&self) -> String {
        match self {
            Self::Mock(owner) => owner.client().mock_cluster().unwrap().bootstrap_servers(),
            Self::Real(broker) => broker.address().to_owned(),
        }
    }

    async fn create(&self, topic: &str) {
        match self {
            Self::Mock(owner) => {
                let cluster = owner.client().mock_cluster().unwrap();
                cluster
                    .topic_error(topic, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR)
                    .unwrap();
            }
            Self::Real(broker) => {
                let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
                let made = admin(broker.address())
                    .create_topics([&new], &AdminOptions::new())
                    .await
                    .unwrap();
                assert!(made[0].is_ok(), "{made:?}");
            }
        }
    }
}

fn admin(address: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new()
        .set("bootstrap.servers", address)
        .create()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_does_not_exist_is_consumed_when_it_does() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-there")]
    struct There {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-later")]
    struct Later {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-last")]
    struct Last {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-topics", session_timeout_ms = "6s")]
    struct Service {
        there: Topic<There>,
        later: Topic<Later>,
        last: Topic<Last>,
    }

    let logs = capture_logs();
    let broker = Sparse::without(
        &["unreachable-later", "unreachable-last"],
        "unreachable-there",
    )
    .await;
    let address = broker.address();
    let produce = |topic: &str| {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &address);
        let producer: BaseProducer = config.create().unwrap();
        for id in 0..5 {
            let record = rdkafka::producer::BaseRecord::<(), str>::to(topic);
            producer
                .send(record.payload(&format!("{{\"id\":{id}}}")))
                .unwrap();
        }
        producer.flush(SOON).unwrap();
    };
    produce("unreachable-there");
    let kafka = Kafka::builder().bootstrap_servers(&address).build();
    let model = Service::register_all(&kafka).unwrap();
    model.there.handle(async |_: There| ()).unwrap();
    model.later.handle(async |_: Later| ()).unwrap();
    model.last.handle(async |_: Last| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the one that exists", || model.there.status().handled == 5).await;
    let missing = || {
        (
            model.there.status().missing,
            model.later.status().missing,
            model.last.status().missing,
        )
    };
    assert_eq!(missing(), (false, true, true));
    for topic in ["unreachable-later", "unreachable-last"] {
        let lines = logs.lines(&[
            " WARN ",
            "the topic does not exist",
            &format!("topic={topic}"),
        ]);
        assert_eq!(lines.len(), 1, "told of once: {lines:?}");
    }
    assert_eq!(
        service(&kafka, "Service.shared").phase,
        ServicePhase::Running
    );

    broker.create("unreachable-later").await;
    produce("unreachable-later");
    soon("the one that came", || model.later.status().handled == 5).await;
    assert_eq!(missing(), (false, false, true));
    produce("unreachable-there");
    soon("the others go on", || model.there.status().handled == 10).await;

    broker.create("unreachable-last").await;
    produce("unreachable-last");
    soon("the one that came last", || {
        model.last.status().handled == 5
    })
    .await;
    assert_eq!(missing(), (false, false, false));
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
}

/// Commits that fail are counted, told of, and tried again until they do not.
#[tokio::test(flavor = "multi_thread")]
async fn commits_that_fail_are_tried_again() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-commits")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-commits", commit_interval_ms = "10ms")]
    struct Service {
        events: Topic<Event>,
    }

    let logs = capture_logs();
    let Broker::Embedded(broker) = Broker::with(&[("unreachable-commits", 1)]).await else {
        println!("not shown: a real broker does not fail on request");
        return;
    };
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<Vec<u64>>> = Arc::default();
    let noted = Arc::clone(&ids);
    model
        .events
        .handle(move |event: Event| {
            noted.lock().unwrap().push(event.id);
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    let broker = Broker::Embedded(broker);
    let Broker::Embedded(faults) = &broker else {
        unreachable!()
    };
    for (round, error) in [
        BrokerError::Unknown,
        BrokerError::RequestTimedOut,
        BrokerError::CoordinatorLoading,
        BrokerError::CoordinatorNotAvailable,
        BrokerError::NotCoordinator,
    ]
    .into_iter()
    .enumerate()
    {
        faults
            .fail_requests(Request::OffsetCommit, &[error; 3])
            .unwrap();
        let round = round as u64;
        broker
            .plain()
            .produce("unreachable-commits", records(round * 5..round * 5 + 5, 1));
        let next = (round as i64 + 1) * 5;
        soon(&format!("the commit in spite of {error:?}"), || {
            model
                .events
                .status()
                .partitions
                .first()
                .is_some_and(|only| only.committed == Some(next))
        })
        .await;
        assert_eq!(
            broker
                .plain()
                .committed("unreachable-commits", "unreachable-commits", 1),
            [Some(next)]
        );
    }
    let status = service(&kafka, "Service.shared");
    assert!(status.commit_failures >= 3, "{status:?}");
    let Some(ServiceError::Commit { group, .. }) = &status.last_error else {
        panic!("{status:?}")
    };
    assert_eq!(group, "unreachable-commits");
    assert!(
        !logs
            .lines(&[" WARN ", "commit failed", "group=unreachable-commits"])
            .is_empty()
    );

    // The same when it is the last commit, of a shutdown.
    faults
        .fail_requests(Request::OffsetCommit, &[BrokerError::Unknown; 3])
        .unwrap();
    broker
        .plain()
        .produce("unreachable-commits", records(25..30, 1));
    soon("five more", || ids.lock().unwrap().len() == 30).await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        broker
            .plain()
            .committed("unreachable-commits", "unreachable-commits", 1),
        [Some(30)]
    );
    assert_eq!(
        *ids.lock().unwrap(),
        (0..30).collect::<Vec<_>>(),
        "none lost, none twice"
    );
}

/// Leaders and coordinators move about, and all goes on.
#[tokio::test(flavor = "multi_thread")]
async fn leaders_and_coordinators_may_move() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "unreachable-moves")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "unreachable-moves", commit_interval_ms = "20ms")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    if Broker::with(&[]).await.is_real() {
        println!("not shown: a real broker does not move what it leads on request");
        return;
    }
    let cluster = EmbeddedKafka::start_cluster(3).unwrap();
    cluster.create_topic("unreachable-moves", 3).unwrap();
    let kafka = cluster.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let ids: Arc<Mutex<Vec<(i64, u64)>>> = Arc::default();
    let noted = Arc::clone(&ids);
    let handler = move |event: Record<Event>| {
        noted.lock().unwrap().push((event.offset(), event.id));
        ready(())
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let broker = Broker::Embedded(cluster);
    let Broker::Embedded(cluster) = &broker else {
        unreachable!()
    };
    let mut produced = 0;
    for round in 0..6_u16 {
        for partition in 0..3 {
            cluster
                .move_leader("unreachable-moves", partition, (round + partition) % 3 + 1)
                .unwrap();
        }
        cluster
            .move_coordinator("unreachable-moves", round % 3 + 1)
            .unwrap();
        broker
            .plain()
            .produce("unreachable-moves", records(produced..produced + 30, 3));
        produced += 30;
        soon("all so far", || {
            ids.lock().unwrap().len() as u64 >= produced
        })
        .await;
        soon("their commit", || {
            let status = model.events.status();
            status
                .partitions
                .iter()
                .filter_map(|all| all.committed)
                .sum::<i64>()
                == produced as i64
        })
        .await;
    }
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    let mut seen: Vec<_> = ids.lock().unwrap().iter().map(|(_, id)| *id).collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        (0..produced).collect::<Vec<_>>(),
        "none lost, none twice"
    );
    assert_eq!(
        broker
            .plain()
            .committed_sum("unreachable-moves", "unreachable-moves", 3),
        produced as i64
    );
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "unreachable-silent",
    dedicated(group_id = "unreachable-silent")
)]
struct Silent {
    #[allow(dead_code, reason = "none comes")]
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "unreachable-beside-silent")]
struct SilentService {
    nowhere: Topic<Nowhere>,
    silent: Topic<Silent>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_does_not_wait_for_a_diagnosis() {
    let broker = Broker::with(&[("unreachable-nowhere", 1)]).await;
    // It takes connections, and says nothing. Whoever wants to know what it speaks asks for the versions of its
    // protocol, in a request of 14 bytes that no client sends.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (diagnosed, diagnosis) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let diagnosed = diagnosed.clone();
            std::thread::spawn(move || {
                use std::io::Read as _;
                let mut stream = stream;
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_ok() && length == [0, 0, 0, 10] {
                    let _ = diagnosed.send(());
                }
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
    });
    let kafka = Kafka::builder()
        .bootstrap_servers(broker.address())
        .set("silent_service.silent.bootstrap_servers", address)
        .connect_timeout(Duration::from_millis(400))
        .build();
    let model = SilentService::register_all(&kafka).unwrap();
    model.nowhere.handle(async |_: Nowhere| ()).unwrap();
    model.silent.handle(async |_: Silent| ()).unwrap();
    let running = kafka.start().await.unwrap();
    // Those of the start are over, or nearly: this is one that begins now.
    while diagnosis.try_recv().is_ok() {}
    tokio::task::block_in_place(|| diagnosis.recv_timeout(SOON)).unwrap();
    let began = std::time::Instant::now();
    let report = running.shutdown().await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(1_500), "{took:?}: {report}");
}
