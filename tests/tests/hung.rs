//! A handler that does not come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka_model::{Event, KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, Heard, RawRecord, soon};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "hung-handler", max_handling_ms = "300ms")]
struct Hung {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "hung-handler", commit_interval_ms = 50)]
struct HungModel {
    events: Topic<Hung>,
}

/// It is seen, with its record, and never skipped.
#[tokio::test]
async fn a_hung_handler_is_told_and_never_skipped() {
    let broker = Broker::with(&[("hung-handler", 2)]).await;
    for partition in 0..2 {
        let records = (0..3).map(|id| RawRecord::of(partition, format!("{{\"id\":{id}}}")));
        broker.plain().produce("hung-handler", records);
    }
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = HungModel::register_all(&kafka).unwrap();
    let free = Arc::new(AtomicBool::new(false));
    let hanging = Arc::clone(&free);
    let handler = move |record: Record<Hung>| {
        let free = Arc::clone(&hanging);
        async move {
            while (record.partition(), record.id) == (0, 1) && !free.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    model.events.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let hung = || {
        heard.find(|event| match event {
            Event::HandlerHung {
                partition,
                offset,
                handling,
                ..
            } => Some((*partition, *offset, *handling)),
            _ => None,
        })
    };
    soon("the event", || hung().is_some()).await;
    let (partition, offset, handling) = hung().unwrap();
    assert_eq!((partition, offset), (0, 1));
    assert!(handling > Duration::from_millis(300));
    let status = model.events.status();
    assert_eq!((status.hung[0].partition, status.hung[0].offset), (0, 1));
    let status = kafka.status();
    let problems: Vec<_> = status
        .problems()
        .map(|problem| problem.to_string())
        .collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("hung-handler[0]: a handler has been at offset 1 for "));
    soon("the other partition", || model.events.status().handled == 4).await;
    free.store(true, Ordering::SeqCst);
    soon("all", || model.events.status().handled == 6).await;
    soon("no more hung handler", || {
        model.events.status().hung.is_empty()
    })
    .await;
    assert!(kafka.status().is_healthy());
    assert!(running.shutdown().await.is_clean());
    let hung = |event: &Event| matches!(event, Event::HandlerHung { .. });
    assert_eq!(heard.count(hung), 1, "told once");
}
