//! A tokio runtime that ends before the services that it handles records for.

use std::future::pending;

use kafka_model::{KafkaMessage, KafkaModel, ServicePhase, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

const NAME: &str = "runtime-gone";

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "runtime-gone")]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "runtime-gone")]
struct Model {
    events: Topic<Event>,
}

/// It would otherwise keep its partitions for as long as the process lives, and nobody would handle them.
#[test]
fn a_service_whose_runtime_is_gone_commits_and_leaves_its_group() {
    let tests = Runtime::new().unwrap();
    let broker = tests.block_on(Broker::with(&[(NAME, 1)]));
    let plain = broker.plain();
    let record = |id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#));
    plain.produce(NAME, (0..5).map(record));

    let kafka = broker.kafka();
    let model = Model::register_all(&kafka).unwrap();
    let handler = async |event: Event| {
        if event.id == 2 {
            pending::<()>().await;
        }
    };
    model.events.handle(handler).unwrap();
    let service = Runtime::new().unwrap();
    let running = service.block_on(kafka.start()).unwrap();
    tests.block_on(soon("two records", || model.events.status().handled == 2));
    drop(service);
    tests.block_on(soon("the end of the service", || {
        running.status().services[0].phase == ServicePhase::Stopped
    }));
    assert_eq!(plain.committed(NAME, NAME, 1), [Some(2)]);
    drop(running);
}
