//! Topics that change while they are consumed, or lose records before those are read: told, and nothing left out that
//! is still there.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::{Arc, Mutex};

use kafka_model::{Event, KafkaMessage, KafkaModel, Record, Running, Topic};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, capture_logs, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

fn records(partition: i32, ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(move |id| RawRecord::of(partition, format!(r#"{{"id":{id}}}"#)))
}

async fn shut_down(running: Running) {
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

/// Returns when the cluster has been asked for the topic so often.
async fn described(topic: &str, times: usize) {
    let topic = format!("topic={topic} ");
    soon("the cluster's word", || {
        capture_logs().lines(&["topic described", &topic]).len() >= times
    })
    .await;
}

/// Which records were handled: by partition and id.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<BTreeSet<(i32, u64)>>>);

impl Ids {
    fn note(&self, partition: i32, id: u64) -> std::future::Ready<()> {
        self.0.lock().unwrap().insert((partition, id));
        ready(())
    }

    fn of(&self, partition: i32) -> Vec<u64> {
        let ids = self.0.lock().unwrap();
        ids.iter()
            .filter(|(of, _)| *of == partition)
            .map(|(_, id)| *id)
            .collect()
    }
}

/// A model of one topic, with what its handler noted.
macro_rules! models {
    ($($module:ident = $name:tt { $($setting:tt)* })*) => {$(
        mod $module {
            use super::*;

            pub(super) const NAME: &str = $name;

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $name)]
            pub(super) struct Event {
                id: u64,
            }

            #[derive(KafkaModel)]
            #[kafka(group_id = $name, commit_interval_ms = 50, $($setting)*)]
            pub(super) struct Model {
                pub(super) events: Topic<Event>,
            }

            pub(super) async fn start(broker: &Broker, ids: &Ids) -> (Model, Heard, Running) {
                let kafka = broker.kafka();
                let heard = Heard::from(kafka.events());
                let model = Model::register_all(&kafka).unwrap();
                let ids = ids.clone();
                let handler = move |record: Record<Event>| ids.note(record.partition(), record.id);
                model.events.handle(handler).unwrap();
                let running = kafka.start().await.unwrap();
                (model, heard, running)
            }
        }
    )*};
}

models! {
    recreated = "topics-recreated" {}
    behind_the_back = "topics-behind-the-back" {}
    grown = "topics-grown" {}
    deleted = "topics-deleted" {}
    expired = "topics-expired" {}
    expired_error = "topics-expired-error" { auto_offset_reset = "error" }
    idle = "topics-idle" {}
}

/// The old offset is within the new topic: nothing but the topic's id tells that it is another one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one deletes no topics"]
async fn a_topic_that_is_deleted_and_made_again_is_read_from_its_beginning() {
    use recreated::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(0, 0..20));
    let ids = Ids::default();
    let (model, heard, running) = recreated::start(&broker, &ids).await;
    soon("the old topic, committed", || {
        plain.committed(NAME, NAME, 2) == [Some(20), None] && ids.of(0).len() == 20
    })
    .await;
    // It must have been looked at, or it is not known which one it was.
    described(NAME, 1).await;

    broker.create_topic(NAME, 2).await;
    plain.produce(NAME, records(0, 100..150));
    plain.produce(NAME, records(1, 100..105));
    let again = |event: &Event| matches!(event, Event::TopicRecreated { topic, partitions: 2, .. } if topic == NAME);
    soon("word of it", || heard.count(again) == 1).await;
    let expected: Vec<_> = (0..20).chain(100..150).collect();
    soon("all of the new topic", || {
        ids.of(0) == expected && ids.of(1) == (100..105).collect::<Vec<_>>()
    })
    .await;
    soon("the new topic, committed", || {
        plain.committed(NAME, NAME, 2) == [Some(50), Some(5)]
    })
    .await;
    plain.produce(NAME, records(0, 150..160));
    soon("what comes later", || ids.of(0).len() == 80).await;
    shut_down(running).await;
    assert_eq!(heard.count(again), 1, "{:#?}", heard.all());
    assert_eq!(plain.committed(NAME, NAME, 2), [Some(60), Some(5)]);
    assert_eq!(model.events.status().failed, 0);
}

/// The group's position in the new topic is one that others made while this member did not consume it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one deletes no topics"]
async fn a_topic_that_is_made_again_while_it_is_stopped_is_read_on_where_the_group_stands() {
    use behind_the_back::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(0, 0..20));
    let ids = Ids::default();
    let (model, heard, running) = behind_the_back::start(&broker, &ids).await;
    soon("the old topic", || ids.of(0).len() == 20).await;
    described(NAME, 1).await;
    assert!(model.events.stop().await);

    broker.create_topic(NAME, 1).await;
    plain.produce(NAME, records(0, 100..150));
    plain.commit(NAME, NAME, 0, 30);
    let before = capture_logs().lines(&["topic described", NAME]).len();
    model.events.start();
    let expected: Vec<_> = (0..20).chain(130..150).collect();
    soon("the rest of the new topic", || {
        ids.of(0).len() >= expected.len()
    })
    .await;
    described(NAME, before + 1).await;
    shut_down(running).await;
    assert_eq!(ids.of(0), expected);
    let again = heard.count(|event| matches!(event, Event::TopicRecreated { .. }));
    assert_eq!(again, 0, "{:#?}", heard.all());
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(50)]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one adds no partitions"]
async fn partitions_that_are_added_are_found_within_seconds_and_read_from_their_beginning() {
    use grown::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(0, 0..10));
    let ids = Ids::default();
    let (_model, heard, running) = grown::start(&broker, &ids).await;
    soon("the first partition", || ids.of(0).len() == 10).await;
    described(NAME, 1).await;

    plain.add_partitions(NAME, 3).await;
    let began = std::time::Instant::now();
    for partition in [1, 2] {
        plain.produce(NAME, records(partition, 0..10));
    }
    soon("their records", || {
        ids.of(1).len() == 10 && ids.of(2).len() == 10
    })
    .await;
    // The bound is `topic_metadata_refresh_interval_ms`, and some time for the rebalance.
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    let added = |event: &Event| matches!(event, Event::PartitionsAdded { from: 1, to: 3, .. });
    soon("word of it", || heard.count(added) == 1).await;
    shut_down(running).await;
    assert_eq!(plain.committed(NAME, NAME, 3), [Some(10); 3]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one deletes no topics"]
async fn a_topic_that_is_deleted_is_told_of_and_consumed_when_it_is_back() {
    use deleted::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(0, 0..10));
    let ids = Ids::default();
    let (model, heard, running) = deleted::start(&broker, &ids).await;
    soon("the old topic", || ids.of(0).len() == 10).await;
    plain.delete_topic(NAME).await;
    let missing =
        |event: &Event| matches!(event, Event::TopicMissing { topic, .. } if topic == NAME);
    soon("word of it", || heard.count(missing) == 1).await;
    assert!(model.events.status().missing);
    broker.create_topic(NAME, 1).await;
    plain.produce(NAME, records(0, 100..130));
    let created = |event: &Event| matches!(event, Event::TopicCreated { topic, partitions: 1, .. } if topic == NAME);
    soon("word of the new one", || heard.count(created) == 1).await;
    soon("all of the new topic", || ids.of(0).len() == 40).await;
    soon("the new topic, committed", || {
        plain.committed(NAME, NAME, 1) == [Some(30)]
    })
    .await;
    shut_down(running).await;
    assert_eq!(heard.count(missing), 1, "{:#?}", heard.all());
    assert_eq!(heard.count(created), 1, "{:#?}", heard.all());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one deletes no records"]
async fn what_the_broker_deleted_before_it_was_read_is_told_of_with_its_offsets() {
    use expired::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    for partition in 0..2 {
        plain.produce(NAME, records(partition, 0..30));
        plain.commit(NAME, NAME, partition, 5);
    }
    // Of one there is something left behind what is gone, of the other nothing.
    plain.delete_records(NAME, 0, 20).await;
    plain.delete_records(NAME, 1, 30).await;
    let ids = Ids::default();
    let (_model, heard, running) = expired::start(&broker, &ids).await;
    let resets = || {
        let mut resets: Vec<_> = heard
            .all()
            .iter()
            .filter_map(|event| match event {
                Event::OffsetReset {
                    partition,
                    from,
                    to,
                    lost,
                    ..
                } => Some((*partition, *from, *to, *lost)),
                _ => None,
            })
            .collect();
        resets.sort_unstable();
        resets
    };
    soon("word of both", || resets().len() == 2).await;
    assert_eq!(resets(), [(0, 5, 20, 15), (1, 5, 30, 25)]);
    soon("what is left", || ids.of(0) == (20..30).collect::<Vec<_>>()).await;
    plain.produce(NAME, records(1, 30..35));
    soon("what comes later", || {
        ids.of(1) == (30..35).collect::<Vec<_>>()
    })
    .await;
    shut_down(running).await;
    assert_eq!(resets().len(), 2);
    assert_eq!(plain.committed(NAME, NAME, 2), [Some(30), Some(35)]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one deletes no records"]
async fn with_no_policy_a_partition_whose_records_are_gone_halts() {
    use expired_error::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(0, 0..30));
    plain.commit(NAME, NAME, 0, 5);
    plain.delete_records(NAME, 0, 20).await;
    let ids = Ids::default();
    let (model, heard, running) = expired_error::start(&broker, &ids).await;
    soon("the halt", || model.events.status().halted().count() == 1).await;
    let halted = |event: &Event| match event {
        Event::Halted { offset, reason, .. } => Some((*offset, reason.to_string())),
        _ => None,
    };
    let (offset, reason) = heard.find(halted).expect("word of it");
    assert_eq!(offset, 5);
    assert!(reason.contains("could not be read"), "{reason}");
    shut_down(running).await;
    assert!(ids.of(0).is_empty());
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(5)], "left as it was");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one cannot be asked for the ids of topics"]
async fn a_topic_that_nothing_happens_to_is_not_told_of() {
    use idle::NAME;
    capture_logs();
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = broker.plain();
    plain.produce(NAME, records(0, 0..10));
    let ids = Ids::default();
    let (_model, heard, running) = idle::start(&broker, &ids).await;
    soon("all", || ids.of(0).len() == 10).await;
    // The cluster is asked at once, and again ten seconds later.
    described(NAME, 2).await;
    shut_down(running).await;
    let told = heard.count(|event| {
        !matches!(
            event,
            Event::PartitionsAssigned { .. } | Event::PartitionsRevoked { .. }
        )
    });
    assert_eq!(told, 0, "{:#?}", heard.all());
}
