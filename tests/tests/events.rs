//! What a runtime tells of itself while it runs.

use std::time::Duration;

use kafka_model::{Event, Events, FailureReason, Kafka, KafkaMessage, KafkaModel, Topic};
use kafka_model_tests::{Broker, RawRecord, SOON};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

const NAME: &str = "events";

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "events")]
struct Happening {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "events")]
struct Model {
    happenings: Topic<Happening>,
}

async fn next(events: &mut Events) -> Option<Event> {
    timeout(SOON, events.next())
        .await
        .expect("an event, or the end")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_before_the_start_hears_of_all_until_the_end() {
    let broker = Broker::with(&[(NAME, 2)]).await;
    let record = |id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#));
    broker.plain().produce(NAME, (0..3).map(record));
    let kafka = broker.kafka();
    let mut events = kafka.events();
    let model = Model::register_all(&kafka).unwrap();
    model
        .happenings
        .handle(async |happening: Happening| {
            if happening.id == 1 {
                Err("number one")
            } else {
                Ok(())
            }
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    let mut all = Vec::new();
    while !matches!(all.last(), Some(Event::Halted { .. })) {
        all.push(next(&mut events).await.expect("an event"));
    }
    assert_eq!(model.happenings.status().halted().count(), 1);
    let mut late = running.events();
    assert!(model.happenings.stop().await);
    assert!(running.shutdown().await.is_clean());

    while let Some(event) = next(&mut events).await {
        all.push(event);
    }
    assert!(
        all.iter()
            .all(|event| event.service() == Some("Model.shared"))
    );
    let mut partitions = vec![];
    for event in &all {
        if let Event::PartitionsAssigned {
            group,
            partitions: added,
            ..
        } = event
        {
            assert_eq!(group, NAME);
            partitions.extend(added.clone());
        }
    }
    partitions.sort();
    assert_eq!(partitions, [(NAME.to_owned(), 0), (NAME.to_owned(), 1)]);
    let halts: Vec<_> = all
        .iter()
        .filter(|event| matches!(event, Event::Halted { .. }))
        .collect();
    let [
        halted @ Event::Halted {
            topic,
            partition: 0,
            offset: 1,
            message_type: "Happening",
            reason: FailureReason::Handler(reason),
            ..
        },
    ] = halts[..]
    else {
        panic!("{all:#?}");
    };
    assert_eq!((topic.as_str(), reason.as_str()), (NAME, "number one"));
    assert_eq!(
        halted.to_string(),
        "Model.shared halted events[0] at offset 1 (`Happening`): the handler failed: number one"
    );
    // What came before it was asked is not told again.
    while let Some(event) = late.next().await {
        assert!(!matches!(event, Event::Halted { .. }), "{event}");
    }
    assert!(kafka.events().next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_a_service_is_told_with_its_next_attempt() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let kafka = Kafka::builder()
        .bootstrap_servers(&nobody)
        .connect_timeout(Duration::from_millis(300))
        .build();
    let mut events = kafka.events();
    let model = Model::register_all(&kafka).unwrap();
    model.happenings.handle(async |_: Happening| ()).unwrap();
    assert!(kafka.start().await.is_err());
    let event = next(&mut events).await;
    let Some(Event::ServiceFailed {
        service,
        error,
        attempts: 1,
        retry_in,
        ..
    }) = event
    else {
        panic!("{event:?}");
    };
    assert_eq!(service, "Model.shared");
    assert!(error.to_string().contains(&nobody), "{error}");
    assert!(retry_in > Duration::ZERO);
}
