//! Records that are pulled, and acknowledged one by one.

use std::collections::VecDeque;
use std::future::ready;
use std::time::Duration;

use kafka_model::{KafkaMessage, KafkaModel, Pulled, Topic, TopicStatus, TopicStream};
use kafka_model_tests::{Broker, RawRecord, SOON, capture_logs, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

fn records(ids: std::ops::Range<u64>, partitions: i32) -> impl Iterator<Item = RawRecord> {
    ids.zip((0..partitions).cycle())
        .map(|(id, partition)| RawRecord::of(partition, format!("{{\"id\":{id}}}")))
}

async fn next<T: KafkaMessage>(stream: &mut TopicStream<T>) -> Pulled<T> {
    timeout(SOON, stream.next())
        .await
        .expect("a record")
        .expect("not the end")
}

fn committed(status: &TopicStatus) -> Vec<Option<i64>> {
    status
        .partitions
        .iter()
        .map(|partition| partition.committed)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_come_in_order_and_acks_are_committed() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-order")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-order")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("stream-order", 2)]).await;
    let plain = broker.plain();
    plain.produce("stream-order", records(0..600, 2));
    let mut seen = [Vec::new(), Vec::new()];
    // The second service goes on where the first left off.
    for part in [250, 350] {
        let kafka = broker.kafka();
        let model = Service::register_all(&kafka).unwrap();
        let mut stream = model.events.stream().unwrap();
        let running = kafka.start().await.unwrap();
        for _ in 0..part {
            let event = next(&mut stream).await;
            let partition = usize::try_from(event.partition()).unwrap();
            assert_eq!(event.offset(), seen[partition].len() as i64);
            assert_eq!(event.id, event.offset() as u64 * 2 + partition as u64);
            seen[partition].push(event.id);
            event.ack();
        }
        let report = running.shutdown().await;
        assert!(report.is_clean(), "{report}");
        assert!(
            timeout(SOON, stream.next())
                .await
                .expect("the end")
                .is_none()
        );
        assert!(stream.next().await.is_none(), "the end stays");
        assert_eq!(model.events.status().handled, part);
        let expected: Vec<_> = seen
            .iter()
            .map(|ids| Some(ids.len() as i64).filter(|next| *next > 0))
            .collect();
        assert_eq!(plain.committed("stream-order", "stream-order", 2), expected);
    }
    assert_eq!(seen.map(|ids| ids.len()), [300, 300]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_or_is_dropped_halts_its_partition() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-halt")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-halt", commit_interval_ms = "20ms")]
    struct Service {
        events: Topic<Event>,
    }

    let logs = capture_logs();
    let broker = Broker::with(&[("stream-halt", 4)]).await;
    let plain = broker.plain();
    plain.produce("stream-halt", records(0..40, 4));
    // Partition 2 has a record that is no event, at offset 10.
    plain.produce(
        "stream-halt",
        [
            RawRecord::of(2, r#"{"id":"canary-77"}"#),
            RawRecord::of(2, r#"{"id":90}"#),
        ],
    );
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    let running = kafka.start().await.unwrap();
    let mut taken = 0;
    // Up to the fifth of partitions 0 and 1, all of 3, and those of 2 before what cannot be decoded.
    while taken < 4 + 4 + 10 + 10 || model.events.status().halted().count() < 3 {
        let Ok(event) = timeout(Duration::from_millis(200), stream.next()).await else {
            continue;
        };
        let event = event.expect("not the end");
        match (event.partition(), event.offset()) {
            (0, 4) => event.fail("out of stock"),
            (1, 4) => drop(event),
            (0 | 1, 5..) => panic!("{event:?} comes after a failure", event = event.id),
            _ => {
                event.ack();
                taken += 1;
            }
        }
    }
    assert_eq!(taken, 28);
    let status = model.events.status();
    let halted: Vec<_> = status
        .halted()
        .map(|(partition, halt)| (partition, halt.offset, halt.reason.to_string()))
        .collect();
    assert_eq!(
        halted,
        [
            (0, 4, "the handler failed: out of stock".to_owned()),
            (1, 4, "it was pulled from the stream and dropped without `ack()` or `fail()`".to_owned()),
            (
                2,
                10,
                "the payload is not the JSON of the type: invalid type: string, expected u64, at line 1, column 17"
                    .to_owned()
            ),
        ]
    );
    assert_eq!((status.handled, status.failed), (28, 3));
    for (partition, offset, reason) in halted {
        let place = [
            " ERROR ",
            "message_type=\"Event\"",
            "topic=stream-halt ",
            &format!("partition={partition}"),
            &format!("offset={offset}"),
            &reason,
        ];
        assert_eq!(logs.lines(&place).len(), 1, "{place:?}");
    }
    assert!(!logs.text().contains("canary-77"));
    plain.produce("stream-halt", [RawRecord::of(3, r#"{"id":91}"#)]);
    let event = next(&mut stream).await;
    assert_eq!((event.partition(), event.id), (3, 91));
    event.ack();
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        plain.committed("stream-halt", "stream-halt", 4),
        [Some(4), Some(4), Some(10), Some(11)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_acknowledged_without_a_gap_is_committed() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-gaps")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-gaps", commit_interval_ms = "10ms")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("stream-gaps", 2)]).await;
    let plain = broker.plain();
    plain.produce(
        "stream-gaps",
        (0..10).map(|id| RawRecord::of(0, format!("{{\"id\":{id}}}"))),
    );
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    let running = kafka.start().await.unwrap();
    let mut held = Vec::new();
    for id in 0..10 {
        let event = next(&mut stream).await;
        assert_eq!(event.id, id);
        held.push(Some(event));
    }
    let mut other = 0;
    // What to acknowledge, and what may be committed then. A commit of the other partition shows that the
    // service had its time to.
    for (acks, expected) in [
        (vec![9, 7, 5, 1], None),
        (vec![0], Some(2)),
        (vec![3, 4, 6, 8], Some(2)),
        (vec![2], Some(10)),
    ] {
        for id in acks {
            let event: Pulled<Event> = held[id].take().unwrap();
            event.ack();
        }
        other += 1;
        plain.produce("stream-gaps", [RawRecord::of(1, r#"{"id":99}"#)]);
        next(&mut stream).await.ack();
        soon("the commit", || {
            committed(&model.events.status())[1] == Some(other)
        })
        .await;
        assert_eq!(
            plain.committed("stream-gaps", "stream-gaps", 2),
            [expected, Some(other)]
        );
    }
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_held_as_may_be_buffered() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-bound", max_buffered = 10)]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-bound-beside")]
    struct Beside {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-bound")]
    struct Service {
        events: Topic<Event>,
        beside: Topic<Beside>,
    }

    capture_logs();
    let broker = Broker::with(&[("stream-bound", 1), ("stream-bound-beside", 1)]).await;
    let plain = broker.plain();
    plain.produce("stream-bound", records(0..500, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    model.beside.handle(|_: Beside| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    let mut held = VecDeque::new();
    for id in 0..10 {
        let event = next(&mut stream).await;
        assert_eq!(event.id, id);
        held.push_back(event);
    }
    // The eleventh does not come, however long the service goes on.
    for round in 1..=5 {
        plain.produce("stream-bound-beside", records(0..1, 1));
        let wait = async {
            soon("the topic beside", || {
                model.beside.status().handled == round
            })
            .await;
        };
        tokio::select! {
            biased;
            event = stream.next() => panic!("{:?} came beyond the bound", event.map(|event| event.id)),
            () = wait => {}
        }
        assert_eq!(model.events.status().buffered, 10);
    }
    // For each that goes one comes, at once: a full window goes on at full speed.
    let rest = async {
        for id in 10..500 {
            held.pop_front().unwrap().ack();
            let event = next(&mut stream).await;
            assert_eq!(event.id, id);
            held.push_back(event);
            assert!(model.events.status().buffered <= 10);
        }
    };
    timeout(SOON, rest).await.expect("all of it, soon");
    for event in held {
        event.ack();
    }
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        plain.committed("stream-bound", "stream-bound", 1),
        [Some(500)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_that_is_given_up_loses_nothing() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-cancel", max_buffered = 16)]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-cancel")]
    struct Service {
        events: Topic<Event>,
    }

    const RECORDS: u64 = 500;
    capture_logs();
    let broker = Broker::with(&[("stream-cancel", 1)]).await;
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    let running = kafka.start().await.unwrap();
    let publisher = model.events.clone();
    let publish = tokio::spawn(async move {
        for id in 0..RECORDS {
            publisher.publish(&Event { id }).await.unwrap();
        }
    });
    let mut expected = 0;
    let mut given_up = 0;
    while expected < RECORDS {
        // Given up at any point: never polled, polled once, or while it waits.
        let event = tokio::select! {
            event = stream.next() => event.unwrap(),
            () = ready(()) => { given_up += 1; tokio::task::yield_now().await; continue }
            () = tokio::time::sleep(Duration::from_micros(300)) => { given_up += 1; continue }
        };
        assert_eq!(event.id, expected);
        expected += 1;
        event.ack();
    }
    assert!(given_up > 0);
    publish.await.unwrap();
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        broker
            .plain()
            .committed("stream-cancel", "stream-cancel", 1),
        [Some(RECORDS as i64)]
    );
    assert_eq!(model.events.status().failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_what_is_held_and_reports_what_stays() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-shutdown")]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-shutdown", drain_timeout_ms = "20s")]
    struct Patient {
        events: Topic<Event>,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-shutdown", drain_timeout_ms = "200ms")]
    struct Hasty {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("stream-shutdown", 1)]).await;
    let plain = broker.plain();
    plain.produce("stream-shutdown", records(0..5, 1));

    let kafka = broker.kafka();
    let model = Patient::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    let running = kafka.start().await.unwrap();
    let held = [next(&mut stream).await, next(&mut stream).await];
    let shutdown = tokio::spawn(running.shutdown());
    // It has begun when no more comes: the stream waits for its end.
    tokio::select! {
        biased;
        () = soon("the shutdown", || shutdown.is_finished()) => panic!("it did not wait"),
        () = async {
            while let Ok(Some(event)) = timeout(Duration::from_millis(300), stream.next()).await {
                event.ack();
            }
        } => {}
    }
    for event in held {
        event.ack();
    }
    let report = shutdown.await.unwrap();
    assert!(report.is_clean(), "{report}");
    let next_offset = plain.committed("stream-shutdown", "stream-shutdown", 1)[0].unwrap();
    assert!(next_offset >= 2, "what was held is committed");
    assert_eq!(model.events.status().handled, next_offset as u64);

    plain.produce("stream-shutdown", records(5..10, 1));
    let kafka = broker.kafka();
    let model = Hasty::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    let running = kafka.start().await.unwrap();
    let held = next(&mut stream).await;
    assert_eq!(held.offset(), next_offset);
    let report = timeout(SOON, running.shutdown())
        .await
        .expect("by the deadline");
    assert!(!report.is_clean());
    assert_eq!(
        report.to_string(),
        "  - Hasty.shared: stream-shutdown[0] still had a record in a handler"
    );
    // Too late: it will come again.
    held.ack();
    assert_eq!(model.events.status().late_acknowledgements, 1);
    assert!(
        timeout(SOON, stream.next())
            .await
            .expect("the end")
            .is_none()
    );
    assert_eq!(
        plain.committed("stream-shutdown", "stream-shutdown", 1),
        [Some(next_offset)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_leaves_the_others_alone() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-dropped", max_buffered = 8)]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "stream-dropped-beside")]
    struct Beside {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "stream-dropped", commit_interval_ms = "10ms")]
    struct Service {
        events: Topic<Event>,
        beside: Topic<Beside>,
    }

    capture_logs();
    let broker = Broker::with(&[("stream-dropped", 1), ("stream-dropped-beside", 1)]).await;
    let plain = broker.plain();
    plain.produce("stream-dropped", records(0..50, 1));
    plain.produce("stream-dropped-beside", records(0..50, 1));
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    model.beside.handle(|_: Beside| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    for _ in 0..3 {
        next(&mut stream).await.ack();
    }
    drop(stream);
    plain.produce("stream-dropped-beside", records(50..100, 1));
    soon("the topic beside", || model.beside.status().handled == 100).await;
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        plain.committed("stream-dropped", "stream-dropped", 1),
        [Some(3)]
    );

    // What came to nobody comes again.
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let mut stream = model.events.stream().unwrap();
    model.beside.handle(|_: Beside| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    for id in 3..50 {
        let event = next(&mut stream).await;
        assert_eq!(event.id, id);
        event.ack();
    }
    assert!(running.shutdown().await.is_clean());
    assert_eq!(model.beside.status().handled, 0);
}
