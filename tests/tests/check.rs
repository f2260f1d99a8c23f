//! The check before and at the start: everything that is wrong, in one report.

use std::time::{Duration, Instant};

use kafka_model::{
    CheckProblem, Error, Event, Kafka, KafkaMessage, KafkaModel, StartError, Topic, TopicPurpose,
};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// A model with a topic to consume, its retry topic and dead-letter topic, and one to publish to.
macro_rules! models {
    ($($module:ident = $name:tt, $published:tt, $dead:tt { $($setting:tt)* })*) => {$(
        #[allow(dead_code)]
        mod $module {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic(name = $name, partitions = 6), order = "none")]
            #[kafka(retry(topics = ["1h"]), dead_letter = $dead)]
            pub(super) struct Order {
                id: u64,
            }

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $published)]
            pub(super) struct Receipt {
                id: u64,
            }

            #[derive(KafkaModel)]
            #[kafka(group_id = $name, $($setting)*)]
            pub(super) struct Shop {
                pub(super) orders: Topic<Order>,
                #[kafka(publish_only)]
                pub(super) receipts: Topic<Receipt>,
            }
        }
    )*};
}

models! {
    missing = "check-missing", "check-missing-receipts", "check-missing-dead" {}
    whole = "check-whole", "check-whole-receipts", "check-whole-dead" {}
    beside = "check-beside", "check-beside-receipts", "check-beside-dead" {}
    required = "check-required", "check-required-receipts", "check-required-dead" {}
    forgetful = "check-forgetful", "check-forgetful-receipts", "check-forgetful-dead" {}
}

/// A broker without these topics.
async fn without(topics: &[&str]) -> Broker {
    let broker = Broker::with(&[]).await;
    if broker.is_real() {
        for topic in topics {
            broker.plain().forget_topic(topic).await;
        }
    }
    broker
}

fn missing_of(problems: &[CheckProblem]) -> Vec<(&str, &str, TopicPurpose)> {
    problems
        .iter()
        .map(|problem| match problem {
            CheckProblem::Missing {
                service,
                topic,
                purpose,
                ..
            } => (service.as_str(), topic.as_str(), *purpose),
            other => panic!("{other}"),
        })
        .collect()
}

#[tokio::test]
async fn everything_that_is_missing_is_in_one_report() {
    const TOPICS: [&str; 4] = [
        "check-missing",
        "check-missing-check-missing-retry-1h",
        "check-missing-dead",
        "check-missing-receipts",
    ];
    let broker = without(&TOPICS).await;
    let kafka = broker.kafka();
    let _shop = missing::Shop::register_all(&kafka).unwrap();
    let report = kafka.check().await;
    let [own, retry, dead, receipts] = TOPICS;
    let shared = "Shop.shared";
    assert_eq!(
        missing_of(report.problems()),
        [
            (shared, own, TopicPurpose::Consumed),
            (shared, dead, TopicPurpose::DeadLetter),
            (shared, retry, TopicPurpose::Retry),
            ("Shop.receipts", receipts, TopicPurpose::Published),
        ],
        "{report}"
    );
    assert!(!report.is_ok() && report.topics().is_empty());
    // What a broker does not say is said to be so, and no problem.
    assert_eq!(
        report.not_checked().is_empty(),
        broker.is_real(),
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.starts_with("4 problems:\n  - Shop.shared: the topic `check-missing` does not exist")
    );
}

#[tokio::test]
async fn what_is_there_is_found_and_another_number_of_partitions_is_a_difference() {
    let broker = Broker::with(&[
        ("check-whole", 3),
        ("check-whole-check-whole-retry-1h", 2),
        ("check-whole-dead", 1),
        ("check-whole-receipts", 4),
    ])
    .await;
    let kafka = broker.kafka();
    let _shop = whole::Shop::register_all(&kafka).unwrap();
    let report = kafka.check().await;
    assert!(report.is_ok(), "{report}");
    let found: Vec<_> = report
        .topics()
        .iter()
        .map(|topic| (topic.topic.as_str(), topic.partitions))
        .collect();
    assert_eq!(
        found,
        [
            ("check-whole", 3),
            ("check-whole-dead", 1),
            ("check-whole-check-whole-retry-1h", 2),
            ("check-whole-receipts", 4),
        ]
    );
    let differences: Vec<_> = report
        .differences()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        differences,
        ["`check-whole` (Shop.orders): partitions: 3, declared 6"]
    );
    assert_eq!(
        report.not_checked().is_empty(),
        broker.is_real(),
        "{report}"
    );
}

#[tokio::test]
async fn brokers_that_are_not_there_are_one_problem_and_soon_known() {
    let kafka = Kafka::builder()
        .bootstrap_servers("127.0.0.1:1")
        .connect_timeout(Duration::from_secs(1))
        .build();
    let _shop = missing::Shop::register_all(&kafka).unwrap();
    let began = Instant::now();
    let report = kafka.check().await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let [
        CheckProblem::Unreachable {
            services, reason, ..
        },
    ] = report.problems()
    else {
        panic!("{report}");
    };
    assert_eq!(services[..], ["Shop.shared", "Shop.receipts"]);
    assert!(
        reason.starts_with("no broker answered at 127.0.0.1:1 within 1000 ms"),
        "{reason}"
    );
}

/// A start is held up by nothing that the check finds: it is told, and what works, works.
#[tokio::test]
async fn a_start_tells_of_each_problem_and_goes_on() {
    const DEAD: &str = "check-beside-dead";
    let broker = without(&[DEAD]).await;
    for topic in [
        "check-beside",
        "check-beside-check-beside-retry-1h",
        "check-beside-receipts",
    ] {
        broker.create_topic(topic, 1).await;
    }
    let kafka = broker.kafka();
    let heard = Heard::from(kafka.events());
    let shop = beside::Shop::register_all(&kafka).unwrap();
    shop.orders.handle(async |_: beside::Order| ()).unwrap();
    let running = kafka.start().await.unwrap();
    broker
        .plain()
        .produce("check-beside", [RawRecord::of(0, r#"{"id":1}"#)]);
    let found = || {
        heard.find(|event| match event {
            Event::CheckFound { service, problem } => Some((service.clone(), problem.clone())),
            _ => None,
        })
    };
    soon("the problem", || found().is_some()).await;
    soon("the record", || shop.orders.status().handled == 1).await;
    let (service, problem) = found().unwrap();
    assert_eq!(service, "Shop.shared");
    assert!(matches!(problem, CheckProblem::Missing { topic, .. } if topic == DEAD));
    assert_eq!(
        heard.count(|event| matches!(event, Event::CheckFound { .. })),
        1
    );
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn a_start_that_requires_the_check_fails_with_the_whole_report_and_consumes_nothing() {
    const DEAD: &str = "check-required-dead";
    let retry = "check-required-check-required-retry-1h";
    let broker = without(&[DEAD, retry]).await;
    for topic in ["check-required", "check-required-receipts"] {
        broker.create_topic(topic, 1).await;
    }
    broker
        .plain()
        .produce("check-required", [RawRecord::of(0, r#"{"id":1}"#)]);
    let strict = || {
        let builder = Kafka::builder().require_check(true);
        match &broker {
            Broker::Embedded(embedded) => builder.embedded(embedded).build(),
            Broker::Real(address) => builder.bootstrap_servers(address).build(),
        }
    };
    let kafka = strict();
    let shop = required::Shop::register_all(&kafka).unwrap();
    shop.orders.handle(async |_: required::Order| ()).unwrap();
    let error = kafka.start().await.expect_err("problems");
    let Error::Start(StartError::Check(report)) = &error else {
        panic!("{error}");
    };
    let missing: Vec<_> = missing_of(report.problems())
        .into_iter()
        .map(|(_, topic, _)| topic)
        .collect();
    assert_eq!(missing, [DEAD, retry]);
    let text = error.to_string();
    assert!(text.contains(DEAD) && text.contains(retry), "{text}");
    assert_eq!(shop.orders.status().handled, 0);
    assert_eq!(
        broker
            .plain()
            .committed("check-required", "check-required", 1),
        [None]
    );

    for topic in [DEAD, retry] {
        broker.create_topic(topic, 1).await;
    }
    let kafka = strict();
    let shop = required::Shop::register_all(&kafka).unwrap();
    shop.orders.handle(async |_: required::Order| ()).unwrap();
    let running = kafka.start().await.expect("nothing wrong any more");
    soon("the record", || shop.orders.status().handled == 1).await;
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
#[ignore = "needs a real Kafka: the embedded broker has no configs"]
async fn a_retry_topic_that_deletes_records_before_they_are_due_is_a_problem() {
    const RETRY: &str = "check-forgetful-check-forgetful-retry-1h";
    let broker = Broker::with(&[
        ("check-forgetful", 6),
        (RETRY, 1),
        ("check-forgetful-dead", 1),
        ("check-forgetful-receipts", 1),
    ])
    .await;
    assert!(broker.is_real());
    let plain = broker.plain();
    plain.alter_topic(RETRY, "retention.ms", "3600000").await;
    let kafka = broker.kafka();
    let _shop = forgetful::Shop::register_all(&kafka).unwrap();
    let report = kafka.check().await;
    let problems: Vec<_> = report.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "Shop.shared: the retry topic `check-forgetful-check-forgetful-retry-1h` deletes its records after \
          3600000 ms, but they wait in it for 3600000 ms: raise its retention.ms, for instance to 7200000"
        ]
    );
    plain.alter_topic(RETRY, "retention.ms", "7200000").await;
    let report = kafka.check().await;
    assert!(
        report.is_ok() && report.not_checked().is_empty(),
        "{report}"
    );
}
