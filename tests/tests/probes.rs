//! Readiness and liveness: true at each moment, and with the reasons.

use std::sync::Arc;
use std::time::Duration;

use kafka_model::{
    Kafka, KafkaBuilder, KafkaMessage, KafkaModel, NotLive, NotReady, Running, Topic,
};
use kafka_model_tests::{Broker, RawRecord, SOON, soon};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A model of one topic.
macro_rules! models {
    ($($module:ident = $name:tt { $($setting:tt)* })*) => {$(
        #[allow(dead_code)]
        mod $module {
            use super::*;

            pub(super) const NAME: &str = $name;

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $name, max_handling_ms = "200ms")]
            pub(super) struct Event {
                pub(super) id: u64,
            }

            #[derive(KafkaModel)]
            #[kafka(group_id = $name, commit_interval_ms = 50, $($setting)*)]
            pub(super) struct Model {
                pub(super) events: Topic<Event>,
            }

            /// Registers it with a handler that does nothing.
            pub(super) fn register(kafka: &Kafka) -> Model {
                let model = Model::register_all(kafka).unwrap();
                model.events.handle(async |_: Event| ()).unwrap();
                model
            }
        }
    )*};
}

models! {
    course = "probes-course" {}
    standby = "probes-standby" {}
    consumer_standby = "probes-consumer-standby" { group_protocol = "consumer" }
    unreachable = "probes-unreachable" {}
    missing = "probes-missing" {}
    stopped = "probes-stopped" { start_immediately = false }
    halted = "probes-halted" {}
    hung = "probes-hung" {}
    orphaned = "probes-orphaned" {}
}

fn built(broker: &Broker, build: impl FnOnce(KafkaBuilder) -> KafkaBuilder) -> Kafka {
    let builder = build(Kafka::builder());
    match broker {
        Broker::Embedded(embedded) => builder.embedded(embedded).build(),
        Broker::Real(address) => builder.bootstrap_servers(address).build(),
    }
}

fn texts<T: ToString>(reasons: &[T]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

async fn shut_down(running: Running) {
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn a_process_is_ready_from_its_membership_to_its_shutdown_and_live_all_the_while() {
    let broker = Broker::with(&[(course::NAME, 1)]).await;
    let kafka = broker.kafka();
    let model = course::Model::register_all(&kafka).unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let handler = move |_: course::Event| {
        let gate = Arc::clone(&held);
        async move { drop(gate.acquire().await.unwrap()) }
    };
    model.events.handle(handler).unwrap();
    assert_eq!(kafka.status().not_ready(), [NotReady::NotStarted]);
    assert!(kafka.status().is_live());

    broker
        .plain()
        .produce(course::NAME, [RawRecord::of(0, r#"{"id":1}"#)]);
    let running = kafka.start().await.unwrap();
    assert!(running.status().is_live());
    soon("readiness", || kafka.status().is_ready()).await;
    let status = kafka.status();
    assert!(status.services[0].joined && !status.services[0].topics[0].partitions.is_empty());
    soon("a handler at work", || model.events.status().buffered == 1).await;

    // It drains, until its handler is done.
    let shutdown = tokio::spawn(shut_down(running));
    soon("the shutdown", || !kafka.status().is_ready()).await;
    assert_eq!(kafka.status().not_ready(), [NotReady::ShuttingDown]);
    assert!(
        kafka.status().is_live(),
        "who drains must not be killed for it"
    );
    assert!(!shutdown.is_finished());
    gate.add_permits(1);
    shutdown.await.unwrap();
    assert_eq!(kafka.status().not_ready(), [NotReady::ShuttingDown]);
    assert!(kafka.status().is_live());
}

/// Two members of one group with one partition: both are ready, whoever has it.
macro_rules! standby {
    ($name:ident, $model:ident) => {
        #[tokio::test]
        async fn $name() {
            let broker = Broker::with(&[($model::NAME, 1)]).await;
            let (first, second) = (broker.kafka(), broker.kafka());
            let models = [$model::register(&first), $model::register(&second)];
            let assigned = || {
                models
                    .each_ref()
                    .map(|model| model.events.status().partitions.len())
            };
            let running = first.start().await.unwrap();
            soon("the first", || {
                first.status().is_ready() && assigned() == [1, 0]
            })
            .await;
            let other = second.start().await.unwrap();
            soon("both", || {
                let mut partitions = assigned();
                partitions.sort();
                second.status().is_ready() && first.status().is_ready() && partitions == [0, 1]
            })
            .await;
            assert!(first.status().is_healthy() && second.status().is_healthy());
            // A group with members answers as one without.
            let report = first.check().await;
            assert!(report.is_ok(), "{report}");
            assert_eq!(
                report.not_checked().is_empty(),
                broker.is_real(),
                "{report}"
            );
            shut_down(other).await;
            shut_down(running).await;
        }
    };
}

standby!(a_standby_without_partitions_is_ready, standby);
standby!(
    a_standby_of_the_consumer_protocol_is_ready,
    consumer_standby
);

#[tokio::test]
async fn a_process_whose_brokers_are_away_is_not_ready_but_live() {
    let kafka = Kafka::builder()
        .bootstrap_servers("127.0.0.1:1")
        .connect_timeout(Duration::from_millis(500))
        .build();
    let _model = unreachable::register(&kafka);
    let starting = tokio::spawn({
        let kafka = kafka.clone();
        async move { kafka.start().await.map(drop) }
    });
    soon("an attempt", || {
        matches!(&kafka.status().not_ready()[..], [NotReady::Connecting { service }] if service == "Model.shared")
    })
    .await;
    assert!(kafka.status().is_live());
    soon("its failure", || {
        let not_ready = kafka.status().not_ready();
        let failed = matches!(&not_ready[..], [NotReady::Failed { .. }]);
        failed || starting.is_finished()
    })
    .await;
    assert!(kafka.status().is_live() && !kafka.status().is_ready());
    assert!(starting.await.unwrap().is_err());
}

#[tokio::test]
async fn a_process_that_waits_for_its_topic_is_ready_when_it_is_there() {
    let broker = Broker::with(&[]).await;
    if broker.is_real() {
        broker.plain().forget_topic(missing::NAME).await;
    }
    let kafka = broker.kafka();
    let _model = missing::register(&kafka);
    let running = kafka.start().await.unwrap();
    soon("the reason", || {
        let reason = "Model.shared has nothing to consume: `probes-missing` do not exist";
        texts(&kafka.status().not_ready()) == [reason]
    })
    .await;
    assert!(kafka.status().is_live());
    broker.create_topic(missing::NAME, 1).await;
    soon("readiness", || kafka.status().is_ready()).await;
    shut_down(running).await;
}

#[tokio::test]
async fn a_topic_that_is_not_to_be_consumed_is_not_waited_for() {
    let broker = Broker::with(&[(stopped::NAME, 1)]).await;
    let kafka = broker.kafka();
    let model = stopped::register(&kafka);
    let running = kafka.start().await.unwrap();
    assert!(
        kafka.status().is_ready(),
        "{:?}",
        kafka.status().not_ready()
    );
    model.events.start();
    assert!(
        !kafka.status().is_ready(),
        "it is to be, and is no member yet"
    );
    soon("readiness", || kafka.status().is_ready()).await;
    assert!(kafka.status().services[0].joined);
    timeout(SOON, model.events.stop()).await.expect("soon");
    soon("an end", || !kafka.status().services[0].joined).await;
    assert!(kafka.status().is_ready());
    shut_down(running).await;
}

#[tokio::test]
async fn a_halted_partition_ends_the_liveness_only_if_told_so() {
    let broker = Broker::with(&[(halted::NAME, 1)]).await;
    broker
        .plain()
        .produce(halted::NAME, [RawRecord::of(0, "no json")]);
    for ends in [false, true] {
        let kafka = built(&broker, |builder| {
            builder.halted_partitions_end_liveness(ends)
        });
        let model = halted::register(&kafka);
        let running = kafka.start().await.unwrap();
        soon("the halt", || {
            model.events.status().halted().next().is_some()
        })
        .await;
        let status = kafka.status();
        assert!(status.is_ready() && !status.is_healthy());
        assert_eq!(status.is_live(), !ends);
        if ends {
            let reasons = texts(&status.not_live());
            assert!(
                reasons[0].starts_with("probes-halted[0] is halted at offset 0: "),
                "{reasons:?}"
            );
        }
        shut_down(running).await;
    }
}

#[tokio::test]
async fn a_hung_handler_ends_the_liveness_only_if_told_so() {
    let broker = Broker::with(&[(hung::NAME, 1)]).await;
    broker
        .plain()
        .produce(hung::NAME, [RawRecord::of(0, r#"{"id":1}"#)]);
    for ends in [false, true] {
        let kafka = built(&broker, |builder| builder.hung_handlers_end_liveness(ends));
        let model = hung::Model::register_all(&kafka).unwrap();
        let gate = Arc::new(Semaphore::new(0));
        let held = Arc::clone(&gate);
        let handler = move |_: hung::Event| {
            let gate = Arc::clone(&held);
            async move {
                drop(gate.acquire().await.unwrap());
                // Not settled: the next run gets it, too.
                Err::<(), _>("again")
            }
        };
        model.events.handle(handler).unwrap();
        let running = kafka.start().await.unwrap();
        soon("the hung handler", || {
            !model.events.status().hung.is_empty()
        })
        .await;
        let status = kafka.status();
        assert!(status.is_ready());
        assert_eq!(status.is_live(), !ends);
        if ends {
            let not_live = status.not_live();
            let [NotLive::Hung { topic, hung }] = &not_live[..] else {
                panic!("{not_live:?}");
            };
            assert_eq!((topic.as_str(), hung.offset), (hung::NAME, 0));
        }
        gate.add_permits(1);
        soon("the handler's end", || {
            model.events.status().hung.is_empty()
        })
        .await;
        assert!(kafka.status().is_live());
        shut_down(running).await;
    }
}

/// Its handlers can never run again.
#[test]
fn a_process_whose_tokio_runtime_is_gone_is_not_live() {
    let tokio = || {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (here, there) = (tokio(), tokio());
    let broker = here.block_on(Broker::with(&[(orphaned::NAME, 1)]));
    let kafka = broker.kafka();
    let _model = orphaned::register(&kafka);
    let running = there.block_on(kafka.start()).unwrap();
    here.block_on(soon("readiness", || kafka.status().is_ready()));
    assert!(kafka.status().is_live());
    drop(there);
    here.block_on(soon("its end", || !kafka.status().is_live()));
    let status = kafka.status();
    assert_eq!(
        texts(&status.not_live()),
        ["Model.shared ended although it should run"]
    );
    assert_eq!(
        texts(&status.not_ready()),
        ["Model.shared ended although it should run"]
    );
    let _ = here.block_on(running.shutdown());
}
