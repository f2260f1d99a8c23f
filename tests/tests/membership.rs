//! Members of a group that are fenced, that keep their place through a restart, and whose client fails for good.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{
    Event, Kafka, KafkaMessage, KafkaModel, NotLive, Record, ServiceError, ServicePhase, Topic,
};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

fn records(partitions: i32, ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.flat_map(move |id| {
        (0..partitions).map(move |partition| RawRecord::of(partition, format!(r#"{{"id":{id}}}"#)))
    })
}

fn phase(kafka: &Kafka, service: &str) -> ServicePhase {
    let status = kafka.status();
    let found = status.services.iter().find(|one| one.service == service);
    found.expect("the service").phase.clone()
}

/// Which records were handled, by partition and offset.
#[derive(Clone, Debug, Default)]
struct Handled(Arc<Mutex<BTreeSet<(i32, i64)>>>);

impl Handled {
    fn note<T>(&self) -> impl Fn(Record<T>) -> std::future::Ready<()> + Send + Sync + 'static
    where
        T: 'static,
    {
        let handled = self.clone();
        move |record: Record<T>| {
            let spot = (record.partition(), record.offset());
            handled.0.lock().unwrap().insert(spot);
            ready(())
        }
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

mod fenced {
    use super::*;

    pub(super) const NAME: &str = "membership-fenced";
    pub(super) const BESIDE: &str = "membership-fenced-beside";

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "membership-fenced")]
    pub(super) struct Event {
        id: u64,
    }

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "membership-fenced-beside",
        dedicated(group_id = "membership-fenced-beside")
    )]
    pub(super) struct Beside {
        id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(
        group_id = "membership-fenced",
        group_instance_id = "the-only-one",
        commit_interval_ms = 50
    )]
    pub(super) struct Model {
        pub(super) events: Topic<Event>,
        pub(super) beside: Topic<Beside>,
    }

    /// The same member a second time.
    #[derive(KafkaModel)]
    #[kafka(
        group_id = "membership-fenced",
        group_instance_id = "the-only-one",
        commit_interval_ms = 50
    )]
    pub(super) struct Again {
        pub(super) events: Topic<Event>,
    }

    pub(super) async fn assert_stopped_for_good(kafka: &Kafka, heard: &Heard) {
        soon("the end of what is fenced", || {
            matches!(phase(kafka, "Model.shared"), ServicePhase::Fenced { .. })
        })
        .await;
        let ServicePhase::Fenced { error } = phase(kafka, "Model.shared") else {
            panic!("it stays so");
        };
        assert!(
            matches!(&error, ServiceError::Fenced { group, instance }
                if group == NAME && instance == "the-only-one"),
            "{error}"
        );
        assert!(error.to_string().contains("`group_instance_id` of its own"));
        let told = |event: &kafka_model::Event| matches!(event, kafka_model::Event::Fenced { service, .. } if service == "Model.shared");
        soon("word of it", || heard.count(told) == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one has no static membership"]
async fn of_two_members_with_one_instance_id_the_first_stops_for_good() {
    use fenced::{BESIDE, NAME};
    let broker = Broker::with(&[(NAME, 3), (BESIDE, 1)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.forget_group(BESIDE).await;
    plain.produce(NAME, records(3, 0..50));
    let handled = Handled::default();

    let first = broker.kafka();
    let heard = Heard::from(first.events());
    let model = fenced::Model::register_all(&first).unwrap();
    model
        .events
        .handle(handled.note::<fenced::Event>())
        .unwrap();
    model.beside.handle(async |_: fenced::Beside| ()).unwrap();
    let first_running = first.start().await.unwrap();
    soon("the first half", || handled.len() == 150).await;

    let second = broker.kafka();
    let again = fenced::Again::register_all(&second).unwrap();
    again
        .events
        .handle(handled.note::<fenced::Event>())
        .unwrap();
    let second_running = second.start().await.unwrap();
    fenced::assert_stopped_for_good(&first, &heard).await;
    assert!(
        model.events.status().partitions.is_empty(),
        "it has nothing any more"
    );

    plain.produce(NAME, records(3, 50..100));
    plain.produce(BESIDE, records(1, 0..10));
    soon("all of it", || handled.len() == 300).await;
    soon("its other service", || model.beside.status().handled == 10).await;
    assert_eq!(phase(&second, "Again.shared"), ServicePhase::Running);
    // It did not come back meanwhile, and so did not throw the other one out.
    let failures = heard.count(|event| matches!(event, Event::ServiceFailed { .. }));
    assert_eq!(failures, 0, "{:#?}", heard.all());
    assert!(matches!(
        phase(&first, "Model.shared"),
        ServicePhase::Fenced { .. }
    ));
    for running in [first_running, second_running] {
        let report = timeout(SOON, running.shutdown()).await.expect("soon");
        assert!(report.is_clean(), "{report}");
    }
    assert_eq!(plain.committed(NAME, NAME, 3), [Some(100); 3]);
}

/// The embedded broker knows no instances, but gives the error at our word.
#[tokio::test(flavor = "multi_thread")]
async fn a_fenced_member_stops_for_good_and_the_others_go_on() {
    use fenced::{BESIDE, NAME};
    let broker = Broker::with(&[(NAME, 3), (BESIDE, 1)]).await;
    let Broker::Embedded(embedded) = &broker else {
        println!("not shown: a real broker gives no error at our word");
        return;
    };
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = fenced::Model::register_all(&kafka).unwrap();
    model.events.handle(async |_: fenced::Event| ()).unwrap();
    model.beside.handle(async |_: fenced::Beside| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("an assignment", || {
        model.events.status().partitions.len() == 3 && !model.beside.status().partitions.is_empty()
    })
    .await;
    // Only this member commits: the other one has handled nothing.
    embedded
        .fail_requests(Request::OffsetCommit, &[BrokerError::FencedInstance])
        .unwrap();
    broker.plain().produce(NAME, records(1, 0..1));
    fenced::assert_stopped_for_good(&kafka, &heard).await;
    // It will never consume again by itself.
    let status = kafka.status();
    let not_live = status.not_live();
    assert!(
        matches!(&not_live[..], [NotLive::Fenced { .. }]),
        "{not_live:?}"
    );
    assert!(!status.is_live() && !status.is_ready());
    broker.plain().produce(BESIDE, records(1, 0..10));
    soon("the other service", || model.beside.status().handled == 10).await;
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

mod fatal {
    use super::*;

    pub(super) const NAME: &str = "membership-fatal";
    pub(super) const BESIDE: &str = "membership-fatal-beside";

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "membership-fatal")]
    pub(super) struct Event {
        id: u64,
    }

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "membership-fatal-beside",
        dedicated(group_id = "membership-fatal-beside", group_protocol = "classic")
    )]
    pub(super) struct Beside {
        id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(
        group_id = "membership-fatal",
        group_protocol = "consumer",
        commit_interval_ms = 50
    )]
    pub(super) struct Model {
        pub(super) events: Topic<Event>,
        pub(super) beside: Topic<Beside>,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_fails_for_good_is_replaced_and_the_others_go_on() {
    use fatal::{BESIDE, NAME};
    let broker = Broker::with(&[(NAME, 2), (BESIDE, 1)]).await;
    let Broker::Embedded(embedded) = &broker else {
        println!("not shown: a real broker gives no error at our word");
        return;
    };
    let plain = broker.plain();
    plain.produce(NAME, records(2, 0..10));
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let model = fatal::Model::register_all(&kafka).unwrap();
    let handled = Handled::default();
    model.events.handle(handled.note::<fatal::Event>()).unwrap();
    model.beside.handle(async |_: fatal::Beside| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("the first records", || handled.len() == 20).await;
    embedded
        .fail_requests(
            Request::ConsumerGroupHeartbeat,
            &[BrokerError::InvalidRequest],
        )
        .unwrap();
    let failed = |event: &Event| match event {
        Event::ServiceFailed {
            service,
            error: ServiceError::Fatal { reason },
            attempts,
            ..
        } => Some((service.clone(), reason.clone(), *attempts)),
        _ => None,
    };
    soon("the failure", || heard.find(failed).is_some()).await;
    let (service, reason, attempts) = heard.find(failed).unwrap();
    assert_eq!((service.as_str(), attempts), ("Model.shared", 1));
    assert!(reason.contains("ConsumerGroupHeartbeat"), "{reason}");
    plain.produce(BESIDE, records(1, 0..10));
    soon("the other service", || model.beside.status().handled == 10).await;
    assert_eq!(phase(&kafka, "Model.beside"), ServicePhase::Running);

    plain.produce(NAME, records(2, 10..20));
    // The broker keeps one of the partitions for the failed client, which could not leave, for half a minute.
    soon("records of a new client", || handled.len() >= 30).await;
    assert_eq!(phase(&kafka, "Model.shared"), ServicePhase::Running);
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

mod restart {
    use super::*;

    pub(super) const NAME: &str = "membership-restart";

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "membership-restart")]
    pub(super) struct Event {
        id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "membership-restart", group_instance_id = "one")]
    #[kafka(session_timeout_ms = "20s", commit_interval_ms = 50)]
    pub(super) struct One {
        pub(super) events: Topic<Event>,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "membership-restart", group_instance_id = "other")]
    #[kafka(session_timeout_ms = "20s", commit_interval_ms = 50)]
    pub(super) struct Other {
        pub(super) events: Topic<Event>,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one has no static membership"]
async fn a_static_member_that_restarts_in_time_finds_its_partitions_and_moves_no_others() {
    use restart::NAME;
    let broker = Broker::with(&[(NAME, 4)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    let handled = Handled::default();
    let one = || async {
        let kafka = broker.kafka();
        let model = restart::One::register_all(&kafka).unwrap();
        model
            .events
            .handle(handled.note::<restart::Event>())
            .unwrap();
        (model, kafka.start().await.unwrap())
    };
    let (model, running) = one().await;
    let kafka = broker.kafka();
    let other = restart::Other::register_all(&kafka).unwrap();
    other
        .events
        .handle(handled.note::<restart::Event>())
        .unwrap();
    let other_running = kafka.start().await.unwrap();
    let partitions = |topic: &Topic<restart::Event>| -> Vec<i32> {
        let status = topic.status();
        status.partitions.iter().map(|one| one.partition).collect()
    };
    soon("two each", || {
        partitions(&model.events).len() == 2 && partitions(&other.events).len() == 2
    })
    .await;
    plain.produce(NAME, records(4, 0..10));
    soon("all", || handled.len() == 40).await;
    let mine = partitions(&model.events);
    let before = kafka.status().services[0].rebalances;

    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    plain.produce(NAME, records(4, 10..20));
    let (model, running) = one().await;
    soon("its partitions again", || partitions(&model.events) == mine).await;
    soon("all that came meanwhile", || handled.len() == 80).await;
    assert_eq!(partitions(&other.events).len(), 2);
    assert_eq!(
        kafka.status().services[0].rebalances,
        before,
        "the other member noticed nothing"
    );
    for running in [running, other_running] {
        let report = timeout(Duration::from_secs(60), running.shutdown())
            .await
            .expect("soon");
        assert!(report.is_clean(), "{report}");
    }
    assert_eq!(plain.committed(NAME, NAME, 4), [Some(20); 4]);
}

mod unreleased {
    use super::*;

    pub(super) const NAME: &str = "membership-unreleased";

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "membership-unreleased")]
    pub(super) struct Event {
        id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "membership-unreleased", group_instance_id = "the-only-one")]
    #[kafka(group_protocol = "consumer", commit_interval_ms = 50)]
    pub(super) struct Model {
        pub(super) events: Topic<Event>,
    }
}

/// Under the consumer protocol the broker refuses the second one, as long as the first lives (KIP-848).
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one has no static membership"]
async fn of_two_members_of_the_consumer_protocol_with_one_instance_id_the_second_waits() {
    use unreleased::NAME;
    let broker = Broker::with(&[(NAME, 2)]).await;
    let plain = broker.plain();
    plain.forget_group(NAME).await;
    plain.produce(NAME, records(2, 0..10));
    let handled = Handled::default();
    let start = || async {
        let kafka = broker.kafka();
        let model = unreleased::Model::register_all(&kafka).unwrap();
        model
            .events
            .handle(handled.note::<unreleased::Event>())
            .unwrap();
        let running = kafka.start().await.unwrap();
        (kafka, model, running)
    };
    let (first, model, first_running) = start().await;
    soon("the first half", || handled.len() == 20).await;
    let (second, _, second_running) = start().await;
    soon("the second is refused", || {
        matches!(
            phase(&second, "Model.shared"),
            ServicePhase::Failed { attempts: 2.., .. }
        )
    })
    .await;
    assert_eq!(phase(&first, "Model.shared"), ServicePhase::Running);
    assert_eq!(model.events.status().partitions.len(), 2);
    let report = first_running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    plain.produce(NAME, records(2, 10..20));
    soon("the second takes over", || handled.len() == 40).await;
    let report = timeout(SOON, second_running.shutdown())
        .await
        .expect("soon");
    assert!(report.is_clean(), "{report}");
}
