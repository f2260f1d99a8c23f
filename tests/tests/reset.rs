//! A client that goes back to an earlier offset while it has the partition: a topic that was made anew, or a log that
//! lost its end.

use std::sync::Arc;
use std::time::Duration;

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use kafka_model_tests::{Broker, Heard, RawRecord, soon};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

const NAME: &str = "reset";

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "reset", max_buffered = 4)]
struct Event {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "reset-other")]
struct Other {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "reset")]
struct Model {
    events: Topic<Event>,
    others: Topic<Other>,
}

/// librdkafka reads on after a rebalance where it believes the application to be.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_after_a_reset_leaves_nothing_out() {
    let broker = Broker::with(&[(NAME, 1), ("reset-other", 1)]).await;
    let Broker::Embedded(embedded) = &broker else {
        // A real one gives no error at our word.
        return;
    };
    let record = |id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#));
    broker.plain().produce(NAME, (0..40).map(record));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = Model::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(40));
    let handler = {
        let gate = Arc::clone(&gate);
        move |_: Event| {
            let gate = Arc::clone(&gate);
            async move { gate.acquire().await.unwrap().forget() }
        }
    };
    model.events.handle(handler).unwrap();
    model.others.handle(async |_: Other| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all records", || model.events.status().handled == 40).await;

    embedded
        .fail_requests(Request::Fetch, &[BrokerError::OffsetOutOfRange])
        .unwrap();
    soon("the first records again", || {
        model.events.status().buffered == 4
    })
    .await;
    let rewound = |event: &kafka_model::Event| match event {
        kafka_model::Event::Rewound { from, to, .. } => Some((*from, *to)),
        _ => None,
    };
    soon("word of it", || heard.find(rewound).is_some()).await;
    assert_eq!(heard.find(rewound), Some((40, 0)));
    // The group rebalances, while this member keeps the partition.
    assert!(model.others.stop().await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    gate.add_permits(40);
    soon("all records again", || model.events.status().handled == 80).await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(broker.plain().committed(NAME, NAME, 1), [Some(40)]);
}
