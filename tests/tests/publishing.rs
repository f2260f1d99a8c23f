//! Publishing: where records go, and what becomes of those that cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, PublishError, Record, Topic};
use kafka_model_tests::{Broker, SOON, capture_logs, proxy, soon};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Before anything is started, and where nothing is ever consumed.
#[tokio::test(flavor = "multi_thread")]
async fn publishing_needs_no_start() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-out")]
    struct Out {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-both", key = id)]
    struct Both {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "publishing-out")]
    struct Service {
        #[kafka(publish_only)]
        out: Topic<Out>,
        both: Topic<Both>,
    }
    /// No group is needed where nothing is consumed.
    #[derive(KafkaModel)]
    struct Publisher {
        #[kafka(publish_only)]
        out: Topic<Out>,
    }

    capture_logs();
    let broker = Broker::with(&[("publishing-out", 1), ("publishing-both", 1)]).await;
    let kafka = broker.kafka();
    let only = Publisher::register_all(&kafka).unwrap();
    let model = Service::register_all(&kafka).unwrap();
    let first = only.out.publish(&Out { id: 0 }).await.unwrap();
    assert_eq!((first.partition, first.offset), (0, 0));
    for id in 1..5 {
        let published = model.out.publish(&Out { id }).await.unwrap();
        assert_eq!((published.partition, published.offset), (0, id as i64));
        let published = model.both.publish(&Both { id }).await.unwrap();
        assert_eq!((published.partition, published.offset), (0, id as i64 - 1));
    }
    let status = model.out.status();
    assert_eq!(
        (status.field.as_str(), status.topic.as_str(), status.started),
        ("out", "publishing-out", false)
    );

    let seen = Arc::new(Mutex::new(Vec::<(i64, Vec<u8>)>::new()));
    let noted = Arc::clone(&seen);
    model
        .both
        .handle(move |event: Record<Both>| {
            assert_eq!(event.offset() as u64 + 1, event.id);
            noted
                .lock()
                .unwrap()
                .push((event.offset(), event.key().unwrap().to_vec()));
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("what was published before", || {
        seen.lock().unwrap().len() == 4
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(seen.lock().unwrap()[2], (2, b"3".to_vec()));
    // Only what is consumed has a service.
    assert_eq!(kafka.status().services.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_with_a_key_stay_together_and_in_order() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-keys", key = customer)]
    struct Event {
        customer: Option<String>,
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "publishing-keys")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("publishing-keys", 6)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    model
        .events
        .handle(move |event: Record<Event>| {
            let key = event.key().map(<[u8]>::to_vec);
            assert_eq!(
                key,
                event
                    .customer
                    .as_ref()
                    .map(|customer| customer.clone().into_bytes())
            );
            noted.lock().unwrap().push((key, event.id));
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    let mut partitions: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for id in 0..200 {
        let customer = (id % 21 != 20).then(|| format!("customer {}", id % 20));
        let published = model
            .events
            .publish(&Event {
                customer: customer.clone(),
                id,
            })
            .await
            .unwrap();
        if let Some(customer) = customer {
            partitions
                .entry(customer)
                .or_default()
                .insert(published.partition);
        }
    }
    assert!(
        partitions.values().all(|of_one| of_one.len() == 1),
        "{partitions:?}"
    );
    let used: BTreeSet<_> = partitions.values().flatten().collect();
    assert!(
        used.len() > 1,
        "twenty keys in one partition: {partitions:?}"
    );
    soon("all of it", || seen.lock().unwrap().len() == 200).await;
    assert!(running.shutdown().await.is_clean());
    let mut last: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for (key, id) in seen.lock().unwrap().iter() {
        if let Some(key) = key {
            assert!(
                last.insert(key.clone(), *id)
                    .is_none_or(|before| before < *id),
                "out of order"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_at_once_are_all_acknowledged() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-many")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "publishing-many")]
    struct Service {
        events: Topic<Event>,
    }

    const RECORDS: u64 = 5_000;
    capture_logs();
    let broker = Broker::with(&[("publishing-many", 3)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let seen: Arc<Mutex<BTreeMap<(i32, i64), u64>>> = Arc::default();
    let noted = Arc::clone(&seen);
    model
        .events
        .handle(move |event: Record<Event>| {
            noted
                .lock()
                .unwrap()
                .insert((event.partition(), event.offset()), event.id);
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    let mut publishing = JoinSet::new();
    for id in 0..RECORDS {
        let events = model.events.clone();
        publishing.spawn(async move { (events.publish(&Event { id }).await.unwrap(), id) });
    }
    let mut published = BTreeMap::new();
    while let Some(done) = publishing.join_next().await {
        let (place, id) = done.unwrap();
        assert!(
            published
                .insert((place.partition, place.offset), id)
                .is_none(),
            "two in one place"
        );
    }
    soon("all of them", || {
        seen.lock().unwrap().len() == RECORDS as usize
    })
    .await;
    assert_eq!(
        *seen.lock().unwrap(),
        published,
        "each is where its publisher was told"
    );
    assert!(running.shutdown().await.is_clean());
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "publishing-sizes")]
struct Large {
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "publishing-sizes")]
struct Sizes {
    #[kafka(publish_only)]
    large: Topic<Large>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_named() {
    capture_logs();
    let broker = Broker::with(&[("publishing-sizes", 1)]).await;
    let kafka = broker.kafka();
    let model = Sizes::register_all(&kafka).unwrap();
    let of = |bytes: usize| Large {
        body: "x".repeat(bytes - r#"{"body":""}"#.len()),
    };
    model.large.publish(&of(990_000)).await.unwrap();
    let error = model.large.publish(&of(1_000_001)).await.unwrap_err();
    let PublishError::TooLarge {
        message,
        topic,
        bytes,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (message.as_str(), topic.as_str(), *bytes),
        ("Large", "publishing-sizes", 1_000_001)
    );
    let text = error.to_string();
    assert!(
        text.starts_with(
            "the `Large` of 1000001 bytes is too large for the topic `publishing-sizes`: "
        ),
        "{text}"
    );
    assert!(!text.contains("xxx"), "the payload is shown");
    // What comes after is not held up.
    let published = model.large.publish(&of(100)).await.unwrap();
    assert_eq!(published.offset, 1);

    if let Broker::Embedded(broker) = &broker {
        broker
            .fail_requests(Request::Produce, &[BrokerError::RecordTooLarge])
            .unwrap();
        let error = model.large.publish(&of(100)).await.unwrap_err();
        assert!(
            matches!(&error, PublishError::TooLarge { bytes: 100, .. }),
            "{error}"
        );
    }
}

/// Those that fail keep the place of their results, and no other from being sent.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_published_together_have_a_result_each() {
    #[derive(Deserialize)]
    struct Part(usize);
    impl Serialize for Part {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => Err(S::Error::custom("it has no form")),
                bytes => serializer.serialize_str(&"x".repeat(bytes)),
            }
        }
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-together")]
    struct Event {
        part: Part,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "publishing-together")]
    struct Service {
        #[kafka(publish_only)]
        events: Topic<Event>,
    }

    const RECORDS: usize = 3_000;
    capture_logs();
    let broker = Broker::with(&[("publishing-together", 1)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    assert!(model.events.publish_all([]).await.is_empty());
    let part = |index| match index {
        // Cannot be written, and is too large.
        10 => 0,
        20 => 1_100_000,
        _ => 1,
    };
    let events: Vec<_> = (0..RECORDS)
        .map(|index| Event {
            part: Part(part(index)),
        })
        .collect();
    let publishing = timeout(SOON, model.events.publish_all(&events));
    let results = publishing.await.expect("soon");
    assert_eq!(results.len(), RECORDS);
    let mut next = 0;
    for (index, result) in results.iter().enumerate() {
        match (index, result) {
            (10, Err(PublishError::Encode { .. })) | (20, Err(PublishError::TooLarge { .. })) => {}
            (_, Ok(published)) => {
                assert_eq!(published.offset, next, "{index}: in order");
                next += 1;
            }
            (_, Err(error)) => panic!("{index}: {error}"),
        }
    }
    assert_eq!(next as usize, RECORDS - 2);

    // What is published after the end has a result each as well.
    let running = kafka.start().await.unwrap();
    assert!(running.shutdown().await.is_clean());
    let results = model.events.publish_all(&events[..3]).await;
    let refused = |result: &Result<_, _>| matches!(result, Err(PublishError::Producer { .. }));
    assert!(
        results.len() == 3 && results.iter().all(refused),
        "{results:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_refuses_is_told() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-refused")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    struct Service {
        #[kafka(publish_only)]
        events: Topic<Event>,
    }

    capture_logs();
    let Broker::Embedded(broker) = Broker::with(&[("publishing-refused", 1)]).await else {
        println!("not shown: a real broker does not refuse on request");
        return;
    };
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    model.events.publish(&Event { id: 0 }).await.unwrap();
    // What passes is tried again until it has.
    for error in [
        BrokerError::NotLeader,
        BrokerError::RequestTimedOut,
        BrokerError::CoordinatorNotAvailable,
    ] {
        broker.fail_requests(Request::Produce, &[error; 2]).unwrap();
        timeout(SOON, model.events.publish(&Event { id: 1 }))
            .await
            .expect("soon")
            .unwrap();
    }
    broker
        .fail_requests(Request::Produce, &[BrokerError::TopicAuthorizationFailed])
        .unwrap();
    let error = timeout(SOON, model.events.publish(&Event { id: 2 }))
        .await
        .expect("at once")
        .unwrap_err();
    assert!(matches!(&error, PublishError::Delivery { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with(
            "the broker did not acknowledge the `Event` for the topic `publishing-refused`: "
        ) && text.contains("authorization"),
        "{text}"
    );
    // Nor is it for ever: the client asks again whether it may.
    let again = async {
        while let Err(error) = model.events.publish(&Event { id: 3 }).await {
            assert!(matches!(&error, PublishError::Delivery { .. }), "{error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, again).await.expect("soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_not_json_is_told() {
    #[derive(Debug)]
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it has no form"))
        }
    }
    impl<'de> Deserialize<'de> for Unwritable {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-unwritable")]
    struct Event {
        part: Unwritable,
    }
    #[derive(KafkaModel)]
    struct Service {
        #[kafka(publish_only)]
        events: Topic<Event>,
    }

    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let model = Service::register_all(&kafka).unwrap();
    let error = model
        .events
        .publish(&Event { part: Unwritable })
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the `Event` for the topic `publishing-unwritable` cannot be written as JSON: it has no form"
    );
    // As a `main` that returns it would print it.
    assert_eq!(
        format!("{:?}", Error::from(error.clone())),
        error.to_string()
    );
}

/// A model that only publishes needs an address as well, and says so when it is registered.
#[test]
fn a_publisher_without_brokers_is_told_when_it_is_registered() {
    if std::env::var_os("KAFKA_BOOTSTRAP_SERVERS").is_some() {
        println!("not shown: KAFKA_BOOTSTRAP_SERVERS is set");
        return;
    }
    let kafka = Kafka::from_env().unwrap();
    let error = Sizes::register_all(&kafka).map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model `Sizes` cannot be registered:\n  - Sizes: no broker address: set the environment variable \
         KAFKA_BOOTSTRAP_SERVERS to `host:port[,host:port…]`, call `Kafka::builder().bootstrap_servers(…)`, or give \
         `bootstrap_servers` in an attribute"
    );
}

/// A type whose consumer has a cluster of its own is published there as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_dedicated_cluster_is_published_to() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-elsewhere")]
    #[kafka(dedicated(
        group_id = "publishing-elsewhere",
        bootstrap_servers = "127.0.0.1:28463"
    ))]
    struct Elsewhere {
        id: u64,
    }
    #[derive(KafkaModel)]
    struct Service {
        elsewhere: Topic<Elsewhere>,
    }

    capture_logs();
    let broker = Broker::with(&[("publishing-elsewhere", 1)]).await;
    proxy("127.0.0.1:28463", broker.address());
    // The model's own brokers are not there.
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:9").build();
    let model = Service::register_all(&kafka).unwrap();
    model.elsewhere.handle(|_: Elsewhere| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    let publish = timeout(SOON, model.elsewhere.publish(&Elsewhere { id: 1 }));
    publish.await.expect("soon").unwrap();
    soon("it to come", || model.elsewhere.status().handled == 1).await;
    assert!(running.shutdown().await.is_clean());
}

/// A shutdown sends what is still to be sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_sends_what_was_published() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "publishing-flush")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "publishing-flush")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("publishing-flush", 1)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    let mut publishing = JoinSet::new();
    for id in 0..500 {
        let events = model.events.clone();
        publishing.spawn(async move { events.publish(&Event { id }).await });
    }
    // All have been polled once at least when one more is through.
    model.events.publish(&Event { id: 500 }).await.unwrap();
    running.shutdown().await;
    let mut acknowledged = 0;
    while let Some(done) = timeout(SOON, publishing.join_next())
        .await
        .expect("none waits for ever")
    {
        acknowledged += u64::from(done.unwrap().is_ok());
    }
    assert_eq!(acknowledged, 500);
}
