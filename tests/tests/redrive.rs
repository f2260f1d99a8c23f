//! Sending dead letters back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, Outcome, RedriveError, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "redriven", dead_letter = "redriven.dead")]
struct Order {
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "redriven-other", dead_letter = "redriven.dead")]
struct Other {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "redriven", commit_interval_ms = 50)]
struct Shop {
    orders: Topic<Order>,
    others: Topic<Other>,
}

fn order(id: u64) -> RawRecord {
    let mut record = RawRecord::of(0, format!("{{\"id\":{id}}}")).key(format!("key {id}"));
    record.headers = vec![("trace".to_owned(), Some(vec![0xff]))];
    record
}

/// A shop that fails with odd ids as long as it is `broken`.
fn shop(kafka: &Kafka, broken: &Arc<AtomicBool>) -> Shop {
    let shop = Shop::register_all(kafka).unwrap();
    let broken = Arc::clone(broken);
    let handler = move |order: Order| {
        let fails = order.id % 2 == 1 && broken.load(Ordering::SeqCst);
        std::future::ready(if fails {
            Outcome::fail("broken")
        } else {
            Outcome::Ack
        })
    };
    shop.orders.handle(handler).unwrap();
    shop.others.handle(async |_: Other| Err("never")).unwrap();
    shop
}

/// Everything goes back once, as it was; what is of others stays; the next run takes only what is new.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_go_back_once_and_as_they_were() {
    let topics = [("redriven", 1), ("redriven-other", 1), ("redriven.dead", 3)];
    let broker = Broker::with(&topics).await;
    let plain = broker.plain();
    if broker.is_real() {
        for group in [
            "redriven",
            "redriven-redrive",
            "redriven-redrive-even-thirds",
        ] {
            plain.forget_group(group).await;
        }
    }
    plain.produce("redriven", (0..20).map(order));
    plain.produce("redriven-other", (0..5).map(order));
    plain.produce("redriven.dead", [RawRecord::of(1, "by hand")]);
    let broken = Arc::new(AtomicBool::new(true));
    let kafka = broker.kafka();
    let shop = shop(&kafka, &broken);
    let running = kafka.start().await.unwrap();
    soon("the dead letters", || {
        shop.orders.status().dead_lettered == 10 && shop.others.status().dead_lettered == 5
    })
    .await;
    broken.store(false, Ordering::SeqCst);

    let thirds = shop.orders.redrive().unwrap().name("even-thirds");
    let thirds = thirds.filter(|letter| letter.offset() % 3 == 0);
    let report = thirds.run().await.unwrap();
    assert_eq!((report.sent, report.filtered, report.foreign), (3, 7, 6));
    soon("those of the filter", || shop.orders.status().handled == 13).await;

    let report = shop.orders.redrive().unwrap().run().await.unwrap();
    assert_eq!((report.sent, report.filtered, report.foreign), (10, 0, 6));
    soon("all", || shop.orders.status().handled == 23).await;
    let report = shop.orders.redrive().unwrap().run().await.unwrap();
    assert_eq!((report.sent, report.foreign), (0, 0), "nothing is new");
    let again = shop.orders.redrive().unwrap().from_beginning();
    assert_eq!(again.run().await.unwrap().sent, 10);
    assert!(running.shutdown().await.is_clean());

    let all = plain.read("redriven", 43);
    let mut back: Vec<_> = all[20..]
        .iter()
        .map(|record| record.payload.clone())
        .collect();
    back.sort();
    back.dedup();
    assert_eq!(back.len(), 10);
    for record in &all[20..] {
        let id = String::from_utf8_lossy(record.payload.as_deref().unwrap()).into_owned();
        let id = id.trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
        assert_eq!(record.key, Some(format!("key {id}").into_bytes()));
        assert_eq!(record.headers, [("trace".to_owned(), Some(vec![0xff]))]);
    }
    assert_eq!(
        plain.read("redriven.dead", 16).len(),
        16,
        "and it is not changed"
    );
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "redriven-refused", dead_letter = "redriven-refused.dead")]
struct Refused {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "redriven-refused", commit_interval_ms = 50)]
struct RefusedShop {
    orders: Topic<Refused>,
}

/// What is not taken back is named, and the next run begins with it: none is left out.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_back_is_named_and_goes_with_the_next_run() {
    let broker = Broker::with(&[("redriven-refused", 1), ("redriven-refused.dead", 2)]).await;
    let Broker::Embedded(embedded) = &broker else {
        // A real one cannot be told to refuse once.
        return;
    };
    let plain = broker.plain();
    plain.produce("redriven-refused", (0..30).map(order));
    let kafka = broker.kafka();
    let shop = RefusedShop::register_all(&kafka).unwrap();
    shop.orders
        .handle(async |_: Refused| Err("broken"))
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("the dead letters", || {
        shop.orders.status().dead_lettered == 30
    })
    .await;
    assert!(running.shutdown().await.is_clean());

    let kafka = broker.kafka();
    let shop = RefusedShop::register_all(&kafka).unwrap();
    embedded
        .fail_requests(Request::Produce, &[BrokerError::RecordTooLarge; 2])
        .unwrap();
    let error = shop.orders.redrive().unwrap().run().await.unwrap_err();
    assert!(
        matches!(&error, Error::Redrive(RedriveError::NotTaken { topic, .. }) if topic == "redriven-refused"),
        "{error}"
    );
    let report = shop.orders.redrive().unwrap().run().await.unwrap();
    assert!(report.sent > 0, "{report}");
    let read = plain.read("redriven-refused", 60);
    let back: BTreeSet<_> = read[30..]
        .iter()
        .map(|record| record.payload.clone())
        .collect();
    assert_eq!(back.len(), 30, "each is back");
    let again = shop.orders.redrive().unwrap().run().await.unwrap();
    assert_eq!(again.sent, 0);
}

#[derive(KafkaModel)]
#[kafka(group_id = "plain")]
struct Plain {
    #[kafka(on_failure = "halt")]
    orders: Topic<Order>,
    #[kafka(publish_only)]
    others: Topic<Other>,
}

/// What cannot work says so, without waiting.
#[tokio::test]
async fn a_topic_without_dead_letters_says_so() {
    let kafka = Kafka::builder().bootstrap_servers("127.0.0.1:1").build();
    let shop = Plain::register_all(&kafka).unwrap();
    let error = shop.others.redrive().unwrap_err().to_string();
    assert!(
        error.starts_with("the topic field `others` has no dead-letter topic"),
        "{error}"
    );
    // It halts now; what went there before can still go back.
    assert!(shop.orders.redrive().is_ok());
}
