//! Types that share a consumer and types with a consumer of their own, in one model.

use std::collections::BTreeSet;
use std::fs;

use kafka_model::{KafkaMessage, KafkaModel, Record, Topic, TopicStatus};
use kafka_model_tests::{Broker, Plain, RawRecord, SOON, until};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "side-alerts", key = service)]
#[kafka(dedicated(
    group_id = "side-alerts",
    session_timeout_ms = "6s",
    max_poll_interval_ms = "15s",
    max_buffered = 10
))]
struct Alert {
    service: String,
    number: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "side-bulk",
    dedicated(
        group_id = "side-bulk",
        max_buffered = 5_000,
        fetch_max_bytes = "10MiB"
    )
)]
struct Bulk {
    number: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "side-regular", max_buffered = 100)]
struct Regular {
    number: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "side-other", order = "none")]
struct Other {
    number: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "side-shared", commit_interval_ms = 100)]
struct Monitoring {
    side_alerts: Topic<Alert>,
    side_bulk: Topic<Bulk>,
    regular: Topic<Regular>,
    other: Topic<Other>,
}

/// Topic, group and partitions of each type.
const TYPES: [(&str, &str, i32); 4] = [
    ("side-alerts", "side-alerts", 3),
    ("side-bulk", "side-bulk", 4),
    ("side-regular", "side-shared", 2),
    ("side-other", "side-shared", 5),
];

fn produce(plain: &Plain, topic: &str, partitions: i32, numbers: std::ops::Range<u64>) {
    let records = numbers.flat_map(|number| {
        (0..partitions).map(move |partition| {
            RawRecord::of(partition, format!(r#"{{"service":"s","number":{number}}}"#))
        })
    });
    plain.produce(topic, records);
}

/// The places of the records that were handled, in any order.
type Places = Arc<Mutex<Vec<(String, i32, i64)>>>;

fn note<T>(places: &Places) -> impl Fn(Record<T>) -> std::future::Ready<()> + Send + Sync + 'static
where
    T: KafkaMessage,
{
    let places = Arc::clone(places);
    move |record| {
        let place = (
            record.topic().to_owned(),
            record.partition(),
            record.offset(),
        );
        places.lock().unwrap().push(place);
        std::future::ready(())
    }
}

fn is_committed(plain: &Plain, each: i64) -> bool {
    TYPES.iter().all(|(topic, group, partitions)| {
        plain
            .committed(group, topic, *partitions)
            .iter()
            .all(|committed| *committed == Some(each))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_and_dedicated_types_are_handled_side_by_side() {
    let broker =
        Broker::with(&TYPES.map(|(topic, _, partitions)| (topic, partitions.try_into().unwrap())))
            .await;
    let plain = broker.plain();
    let kafka = broker.kafka();
    let model = Monitoring::register_all(&kafka).unwrap();
    let places = Places::default();
    model.side_alerts.handle(note::<Alert>(&places)).unwrap();
    model.side_bulk.handle(note::<Bulk>(&places)).unwrap();
    model.regular.handle(note::<Regular>(&places)).unwrap();
    model.other.handle(note::<Other>(&places)).unwrap();
    for (topic, _, partitions) in TYPES {
        produce(&plain, topic, partitions, 0..400);
    }
    let running = kafka.start().await.unwrap();

    // While it runs, what is handled is committed by and by.
    until(
        "all committed while running",
        || is_committed(&plain, 400),
        || running.status(),
    )
    .await;

    // Each has its own group and its own thread; the two that share, one of each.
    let status = running.status();
    let services: Vec<_> = status
        .services
        .iter()
        .map(|service| {
            let fields: Vec<_> = service
                .topics
                .iter()
                .map(|topic| topic.field.as_str())
                .collect();
            (service.group.as_str(), fields)
        })
        .collect();
    assert_eq!(
        services,
        [
            ("side-shared", vec!["regular", "other"]),
            ("side-alerts", vec!["side_alerts"]),
            ("side-bulk", vec!["side_bulk"]),
        ]
    );
    let threads: BTreeSet<_> = status
        .services
        .iter()
        .map(|service| service.thread.clone())
        .collect();
    assert_eq!(threads.len(), 3, "{threads:?}");
    if cfg!(target_os = "linux") {
        let running = threads_of_this_process();
        for thread in &threads {
            // The kernel keeps 15 bytes of a name.
            let short: String = thread.chars().take(15).collect();
            assert!(
                running.contains(&short),
                "{thread} is not among {running:?}"
            );
        }
    }
    for (topic, _, partitions) in TYPES {
        let topics: Vec<&TopicStatus> = status
            .topics()
            .filter(|status| status.topic == topic)
            .collect();
        assert_eq!(topics.len(), 1, "{topic}");
        assert_eq!(
            topics[0].partitions.len(),
            usize::try_from(partitions).unwrap(),
            "{topic}"
        );
        assert_eq!(
            topics[0].handled,
            400 * u64::try_from(partitions).unwrap(),
            "{topic}"
        );
    }
    // No group commits what belongs to another one.
    for (topic, own, partitions) in TYPES {
        for group in ["side-shared", "side-alerts", "side-bulk"]
            .into_iter()
            .filter(|group| *group != own)
        {
            let foreign = plain.committed(group, topic, partitions);
            assert!(
                foreign.iter().all(Option::is_none),
                "{group} has {foreign:?} of {topic}"
            );
        }
    }

    // What is handled last is committed by the shutdown.
    for (topic, _, partitions) in TYPES {
        produce(&plain, topic, partitions, 400..500);
    }
    let all = 500
        * usize::try_from(
            TYPES
                .iter()
                .map(|(_, _, partitions)| partitions)
                .sum::<i32>(),
        )
        .unwrap();
    until(
        "all handled",
        || places.lock().unwrap().len() >= all,
        || running.status(),
    )
    .await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert!(
        is_committed(&plain, 500),
        "{:?}",
        TYPES.map(|(topic, group, n)| plain.committed(group, topic, n))
    );

    let mut handled = places.lock().unwrap().clone();
    assert_eq!(handled.len(), all);
    handled.sort_unstable();
    handled.dedup();
    assert_eq!(handled.len(), all, "each once");
}

fn threads_of_this_process() -> BTreeSet<String> {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .map(|name| name.trim_end().to_owned())
        .collect()
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "side-orders", key = customer)]
struct Order {
    customer: String,
    number: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "side-payments", key = number, dedicated(group_id = "side-payments"))]
struct Payment {
    number: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "side-shop")]
struct Shop {
    orders: Topic<Order>,
    payments: Topic<Payment>,
}

/// A handler publishes to the other type's topic: each order gives a payment.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_by_a_handler_of_one_type_is_handled_by_the_other() {
    const ORDERS: u64 = 200;
    let broker = Broker::with(&[("side-orders", 3), ("side-payments", 3)]).await;
    let kafka = broker.kafka();
    let shop = Shop::register_all(&kafka).unwrap();
    let payments = shop.payments.clone();
    let handler = move |order: Order| {
        let payments = payments.clone();
        async move {
            payments
                .publish(&Payment {
                    number: order.number,
                })
                .await
                .map(|_| ())
        }
    };
    shop.orders.handle(handler).unwrap();
    let paid: Arc<Mutex<Vec<u64>>> = Arc::default();
    let paying = Arc::clone(&paid);
    let handler = move |payment: Record<Payment>| {
        assert_eq!(payment.key(), Some(payment.number.to_string().as_bytes()));
        paying.lock().unwrap().push(payment.number);
        std::future::ready(())
    };
    shop.payments.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    for number in 0..ORDERS {
        let order = Order {
            customer: format!("customer {}", number % 17),
            number,
        };
        let orders = shop.orders.clone();
        // Not one after the other: they travel together.
        tokio::spawn(async move { orders.publish(&order).await.unwrap() });
    }
    let done = shop
        .payments
        .wait_until(SOON, |payments| payments.handled == ORDERS)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
    let mut paid = std::mem::take(&mut *paid.lock().unwrap());
    paid.sort_unstable();
    assert!(paid.into_iter().eq(0..ORDERS));
    let plain = broker.plain();
    assert_eq!(plain.committed_sum("side-shop", "side-orders", 3), 200);
    assert_eq!(
        plain.committed_sum("side-payments", "side-payments", 3),
        200
    );
}
