//! What the client cannot read: it is never passed over in silence, and never committed over.

use kafka_model::{Event, KafkaMessage, KafkaModel, Topic};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, produce_corrupt, soon};
use serde::{Deserialize, Serialize};

fn good(partition: i32, ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(move |id| RawRecord::of(partition, format!(r#"{{"id":{id}}}"#)))
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "unreadable-corrupt")]
struct Corrupt {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "unreadable-corrupt", commit_interval_ms = 10)]
struct CorruptModel {
    records: Topic<Corrupt>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_wrong_checksum_halts_its_partition_and_is_not_committed_over() {
    const NAME: &str = "unreadable-corrupt";
    let broker = Broker::with(&[(NAME, 2)]).await;
    if broker.is_real() {
        // It would not have taken such a batch.
        return;
    }
    let plain = broker.plain();
    plain.produce(NAME, good(0, 0..3));
    let bad = produce_corrupt(broker.address(), NAME, 0, br#"{"id":3}"#);
    assert_eq!(bad, 3);
    plain.produce(NAME, good(0, 4..8));
    let kafka = broker.kafka();
    let model = CorruptModel::register_all(&kafka).unwrap();
    model.records.handle(async |_: Corrupt| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let halted = model
        .records
        .wait_until(SOON, |records| records.halted().count() == 1)
        .await
        .expect("a partition that is halted");
    let (partition, halt) = halted.halted().next().unwrap();
    assert_eq!((partition, halt.offset), (0, 3), "{halt}");
    assert!(halt.to_string().contains("CRC"), "{halt}");
    // What came before it is handled, and so is the other partition.
    plain.produce(NAME, good(1, 0..5));
    soon("all that can be read", || {
        model.records.status().handled == 8
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(plain.committed(NAME, NAME, 2), [Some(3), Some(5)]);
    assert_eq!(model.records.status().failed, 1, "it is told of once");
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "unreadable-skipped", on_failure = "skip")]
struct Skipped {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "unreadable-skipped", commit_interval_ms = 10)]
struct SkippedModel {
    records: Topic<Skipped>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_wrong_checksum_that_is_skipped_is_told_of() {
    const NAME: &str = "unreadable-skipped";
    let broker = Broker::with(&[(NAME, 1)]).await;
    if broker.is_real() {
        // It would not have taken such a batch.
        return;
    }
    let plain = broker.plain();
    plain.produce(NAME, good(0, 0..3));
    assert_eq!(
        produce_corrupt(broker.address(), NAME, 0, br#"{"id":3}"#),
        3
    );
    plain.produce(NAME, good(0, 4..8));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = SkippedModel::register_all(&kafka).unwrap();
    model.records.handle(async |_: Skipped| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all that can be read", || {
        model.records.status().handled == 7
    })
    .await;
    let told = heard.find(|event| match event {
        Event::Unreadable {
            partition,
            offset,
            reason,
            ..
        } => Some((*partition, *offset, reason.clone())),
        _ => None,
    });
    let (partition, offset, reason) = told.expect("word of it");
    assert_eq!((partition, offset), (0, 3));
    assert!(reason.contains("CRC"), "{reason}");
    assert!(running.shutdown().await.is_clean());
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(8)]);
    let status = model.records.status();
    assert_eq!((status.failed, status.skipped), (1, 1));
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "unreadable-no-offset")]
struct NoOffset {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "unreadable-no-offset", auto_offset_reset = "error")]
struct NoOffsetModel {
    records: Topic<NoOffset>,
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_offset_and_none_is_to_be_assumed_the_partition_halts() {
    const NAME: &str = "unreadable-no-offset";
    let broker = Broker::with(&[(NAME, 1)]).await;
    if broker.is_real() {
        broker.plain().forget_group(NAME).await;
    }
    broker.plain().produce(NAME, good(0, 0..3));
    let kafka = broker.kafka();
    let model = NoOffsetModel::register_all(&kafka).unwrap();
    model.records.handle(async |_: NoOffset| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let halted = model
        .records
        .wait_until(SOON, |records| records.halted().count() == 1)
        .await;
    assert!(halted.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
}
