//! Partitions that are lost, not given back: the group went on without this member, and nothing may be committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{Event, KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, soon};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout;

fn records(ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(|id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_not_committed_and_a_late_acknowledgement_of_it_is_counted_and_ignored() {
    const NAME: &str = "lost";
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lost")]
    struct Event {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    // Nothing is committed but when partitions are given back, and at the end.
    #[derive(KafkaModel)]
    #[kafka(group_id = "lost", commit_interval_ms = "1h")]
    struct Model {
        events: Topic<Event>,
    }

    let broker = Broker::with(&[(NAME, 1)]).await;
    let Broker::Embedded(embedded) = &broker else {
        println!("not shown: a real broker throws no member out at our word");
        return;
    };
    let plain = broker.plain();
    plain.produce(NAME, records(0..5));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let handler = {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        move |record: Record<Event>| {
            let gate = Arc::clone(&gate);
            begun.fetch_add(1, Ordering::SeqCst);
            async move {
                if record.offset() == 2 {
                    gate.acquire().await.unwrap().forget();
                }
            }
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("two handled, and one at work", || {
        model.events.status().handled == 2 && begun.load(Ordering::SeqCst) == 3
    })
    .await;

    embedded
        .fail_requests(Request::Heartbeat, &[BrokerError::UnknownMember])
        .unwrap();
    let lost = |event: &kafka_model::Event| match event {
        kafka_model::Event::PartitionsLost {
            group,
            partitions,
            assigned,
            ..
        } => Some((group.clone(), partitions.clone(), *assigned)),
        _ => None,
    };
    soon("word of it", || heard.find(lost).is_some()).await;
    let expected = (NAME.to_owned(), vec![(NAME.to_owned(), 0)], 0);
    assert_eq!(heard.find(lost), Some(expected));
    assert_eq!(plain.committed(NAME, NAME, 1), [None], "it is not ours");

    // The handler of the assignment that is lost comes to its end now, and all comes again.
    soon("the partition again", || {
        !model.events.status().partitions.is_empty()
    })
    .await;
    assert_eq!(model.events.status().late_acknowledgements, 0);
    gate.add_permits(1);
    soon("the late acknowledgement", || {
        model.events.status().late_acknowledgements == 1
    })
    .await;
    soon("the first two again", || begun.load(Ordering::SeqCst) == 6).await;
    assert_eq!(plain.committed(NAME, NAME, 1), [None]);
    gate.add_permits(1);
    soon("the rest", || begun.load(Ordering::SeqCst) == 8).await;
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(5)]);
    let revoked =
        |event: &kafka_model::Event| matches!(event, kafka_model::Event::PartitionsRevoked { .. });
    assert_eq!(heard.count(revoked), 0, "{:#?}", heard.all());
}

/// The poll thread polls all the while, so that the group sees a live member.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_takes_longer_than_the_poll_interval_costs_no_partition() {
    const NAME: &str = "lost-slow";
    const INTERVAL: Duration = Duration::from_secs(6);
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "lost-slow", max_buffered = 1)]
    struct Slow {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(
        group_id = "lost-slow",
        session_timeout_ms = "6s",
        max_poll_interval_ms = "6s"
    )]
    struct Model {
        slow: Topic<Slow>,
    }

    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    if broker.is_real() {
        plain.forget_group(NAME).await;
    }
    plain.produce(NAME, records(0..3));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    model
        .slow
        .handle(move |record: Record<Slow>| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                if record.offset() == 0 {
                    tokio::time::sleep(INTERVAL + Duration::from_secs(2)).await;
                }
            }
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("all", || model.slow.status().handled == 3).await;
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
    assert_eq!(begun.load(Ordering::SeqCst), 3, "none comes twice");
    let told = heard.count(|event| !matches!(event, Event::PartitionsAssigned { .. }));
    assert_eq!(told, 0, "{:#?}", heard.all());
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(3)]);
}
