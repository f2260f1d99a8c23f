//! Topics that are created as the models declare them, and changed only when that is asked for.

use std::collections::BTreeSet;

use kafka_model::{
    Error, Kafka, KafkaMessage, KafkaModel, PlannedTopic, SettingValue, StartError, Topic,
    TopicDone, TopicPlan, TopicStep,
};
use kafka_model_core::setting::SPECS;
use kafka_model_core::{Kind, Side};
use kafka_model_tests::{Broker, SOON, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// A model with a declared topic, one that is only published to and declared, and one that is not declared.
macro_rules! models {
    ($($module:ident = $name:tt, $published:tt, $undeclared:tt, $dead:tt { $($setting:tt)* })*) => {$(
        #[allow(dead_code)]
        mod $module {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic(name = $name, partitions = 4, retention_ms = "2h", max_message_bytes = "2MiB"))]
            #[kafka(order = "none", retry(topics = ["1h"]), dead_letter = $dead)]
            pub(super) struct Order {
                id: u64,
            }

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $published)]
            pub(super) struct Receipt {
                id: u64,
            }

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $undeclared)]
            pub(super) struct Stranger {
                id: u64,
            }

            #[derive(KafkaModel)]
            #[kafka(group_id = $name, $($setting)*)]
            pub(super) struct Shop {
                pub(super) orders: Topic<Order>,
                #[kafka(publish_only, topic(partitions = 2, cleanup_policy = "compact"))]
                pub(super) receipts: Topic<Receipt>,
                pub(super) strangers: Topic<Stranger>,
            }
        }
    )*};
}

models! {
    created = "provision-created", "provision-created-receipts", "provision-created-other", "provision-created-dead" {}
    changed = "provision-changed", "provision-changed-receipts", "provision-changed-other", "provision-changed-dead" {
        topic(replication = 2)
    }
    started = "provision-started", "provision-started-receipts", "provision-started-other", "provision-started-dead" {}
    overridden = "provision-overridden", "provision-overridden-receipts", "provision-overridden-other", "provision-overridden-dead" {
        topic(replication = 9)
    }
    refused = "provision-refused", "provision-refused-receipts", "provision-refused-other", "provision-refused-dead" {
        topic(replication = 9)
    }
}

/// A broker that has none of the topics that begin with `name`.
async fn without(name: &str) -> Broker {
    let broker = Broker::with(&[]).await;
    if broker.is_real() {
        let plain = broker.plain();
        for suffix in [
            "",
            "-receipts",
            "-other",
            "-dead",
            &format!("-{name}-retry-1h"),
        ] {
            plain.forget_topic(&format!("{name}{suffix}")).await;
        }
    }
    broker
}

fn find<'a>(plan: &'a TopicPlan, topic: &str) -> &'a PlannedTopic {
    let mut topics = plan.topics.iter();
    topics
        .find(|planned| planned.topic == topic)
        .unwrap_or_else(|| panic!("{topic}: {plan}"))
}

fn steps(plan: &TopicPlan) -> Vec<(&str, &TopicStep)> {
    plan.topics
        .iter()
        .map(|topic| (topic.topic.as_str(), &topic.step))
        .collect()
}

#[tokio::test]
async fn what_is_declared_and_missing_is_created_once() {
    const NAME: &str = "provision-created";
    let broker = without(NAME).await;
    let kafka = broker.kafka();
    let _shop = created::Shop::register_all(&kafka).unwrap();
    let plan = kafka.plan_topics().await.unwrap();
    let retry = "provision-created-provision-created-retry-1h";
    assert_eq!(
        steps(&plan),
        [
            (NAME, &TopicStep::Create),
            ("provision-created-dead", &TopicStep::Create),
            (retry, &TopicStep::Create),
            ("provision-created-receipts", &TopicStep::Create),
            ("provision-created-other", &TopicStep::NotDeclared),
        ],
        "{plan}"
    );
    let text = plan.to_string();
    assert!(text.contains(
        "create  `provision-created` (Shop.orders): 4 partitions, max.message.bytes = 2097152, retention.ms = 7200000"
    ));
    assert!(text.contains(
        "create  `provision-created-dead` (dead letters of Shop.orders): 4 partitions, max.message.bytes = 2097152\n"
    ));
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["topics"][0]["step"]["step"], "create");
    // Nothing was changed by the plan.
    let plain = broker.plain();
    assert_eq!(plain.partitions_of(NAME), 0);

    let done = plan.create().await.unwrap();
    assert_eq!(done.done.len(), 4, "{done}");
    assert!(
        done.done
            .iter()
            .all(|change| change.done == TopicDone::Created),
        "{done}"
    );
    for (topic, partitions) in [
        (NAME, 4),
        ("provision-created-dead", 4),
        (retry, 4),
        ("provision-created-receipts", 2),
    ] {
        soon(topic, || plain.partitions_of(topic) == partitions).await;
    }
    assert_eq!(
        plain.partitions_of("provision-created-other"),
        0,
        "it was not declared"
    );
    if broker.is_real() {
        let config = async |topic, name| plain.config_of(topic, name).await.unwrap_or_default();
        assert_eq!(config(NAME, "retention.ms").await, "7200000");
        assert_eq!(config(retry, "max.message.bytes").await, "2097152");
        assert_ne!(
            config(retry, "retention.ms").await,
            "7200000",
            "the source's retention is not theirs"
        );
        assert_eq!(
            config("provision-created-receipts", "cleanup.policy").await,
            "compact"
        );
    }

    // Another process was as fast: that is fine.
    let again = plan.create().await.unwrap();
    assert!(
        again
            .done
            .iter()
            .all(|change| change.done == TopicDone::ExistsAlready),
        "{again}"
    );
    // And now nothing is left to do, but for what is not declared, which is created if asked for.
    let plan = kafka.plan_topics().await.unwrap();
    if broker.is_real() {
        let left: Vec<_> = plan
            .topics
            .iter()
            .filter(|topic| topic.step != TopicStep::Nothing)
            .collect();
        assert!(
            matches!(
                left[..],
                [PlannedTopic {
                    step: TopicStep::NotDeclared,
                    ..
                }]
            ),
            "{plan}"
        );
    }
    let plan = plan.with_broker_defaults();
    assert_eq!(
        find(&plan, "provision-created-other").step,
        TopicStep::Create
    );
    plan.create().await.unwrap();
    soon("the other", || {
        plain.partitions_of("provision-created-other") > 0
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a real Kafka: the embedded broker has no configs and no replicas"]
async fn what_differs_is_shown_and_changed_only_when_told_and_only_what_is_named() {
    const NAME: &str = "provision-changed";
    let retry = "provision-changed-provision-changed-retry-1h";
    let broker = Broker::with(&[
        (NAME, 2),
        ("provision-changed-receipts", 6),
        ("provision-changed-other", 1),
        ("provision-changed-dead", 1),
        (retry, 1),
    ])
    .await;
    let plain = broker.plain();
    plain.alter_topic(NAME, "segment.ms", "1234567").await;
    let kafka = broker.kafka();
    let _shop = changed::Shop::register_all(&kafka).unwrap();
    let plan = kafka.plan_topics().await.unwrap();
    let text = plan.to_string();
    let replication =
        "replication: 1, declared 2 (only a reassignment of its partitions changes that)";
    for line in [
        format!(
            "differs `provision-changed` (Shop.orders): partitions: 2, declared 4; {replication}; \
             max.message.bytes: 1048588, declared 2097152; retention.ms: "
        ),
        format!(
            "differs `provision-changed-receipts` (Shop.receipts): partitions: 6, declared 2 (Kafka removes none); \
             {replication}; cleanup.policy: delete, declared compact"
        ),
        // What exists of retry topics and dead-letter topics is nobody's declaration.
        format!("keep    `{retry}` (retry topic of Shop.orders)"),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    // Creating changes nothing that exists.
    assert!(plan.create().await.unwrap().done.is_empty());
    assert_eq!(plain.partitions_of(NAME), 2);

    let done = plan.apply_changes().await.unwrap();
    let text = done.to_string();
    assert!(
        text.contains("`provision-changed` has 4 partitions instead of 2"),
        "{text}"
    );
    assert!(
        text.contains("`provision-changed`: max.message.bytes, retention.ms set"),
        "{text}"
    );
    assert!(
        text.contains("`provision-changed-receipts`: cleanup.policy set"),
        "{text}"
    );
    assert!(
        text.contains(
            "left: `provision-changed-receipts` (Shop.receipts): partitions: 6, declared 2"
        ),
        "{text}"
    );
    soon("the partitions", || plain.partitions_of(NAME) == 4).await;
    let config = async |topic, name| plain.config_of(topic, name).await.unwrap_or_default();
    for (topic, name, value) in [
        (NAME, "retention.ms", "7200000"),
        (NAME, "segment.ms", "1234567"),
        ("provision-changed-receipts", "cleanup.policy", "compact"),
    ] {
        let deadline = tokio::time::Instant::now() + SOON;
        while config(topic, name).await != value {
            assert!(tokio::time::Instant::now() < deadline, "{topic}: {name}");
        }
    }
    assert_eq!(
        plain.partitions_of("provision-changed-receipts"),
        6,
        "none is removed"
    );
    assert_eq!(plain.partitions_of(retry), 1);
    // What cannot be changed is all that is left.
    let plan = kafka.plan_topics().await.unwrap();
    assert!(
        plan.to_string().contains(&format!(
            "differs `provision-changed` (Shop.orders): {replication}\n"
        )),
        "{plan}"
    );
    let done = plan.apply_changes().await.unwrap();
    assert!(done.done.is_empty() && done.left.len() >= 3, "{done}");
}

/// As for all settings: what the code declares is the default of what an environment says.
#[tokio::test]
async fn a_plan_is_made_of_what_is_in_force_with_its_overrides() {
    let broker = without("provision-overridden").await;
    let builder = Kafka::builder()
        .set("shop.topic.replication", 1)
        .set("shop.orders.topic.partitions", 7)
        .set("shop.receipts.topic.retention_ms", "1h");
    let kafka = match &broker {
        Broker::Embedded(embedded) => builder.embedded(embedded).build(),
        Broker::Real(address) => builder.bootstrap_servers(address).build(),
    };
    let _shop = overridden::Shop::register_all(&kafka).unwrap();
    let plan = kafka.plan_topics().await.unwrap();
    let spec = |topic| find(&plan, topic).spec.to_string();
    assert_eq!(
        spec("provision-overridden"),
        "7 partitions, replication 1, max.message.bytes = 2097152, retention.ms = 7200000"
    );
    assert_eq!(
        spec("provision-overridden-receipts"),
        "2 partitions, replication 1, cleanup.policy = compact, retention.ms = 3600000"
    );

    for (key, value, part) in [
        (
            "shop.topic.min_insync_replicas",
            SettingValue::from(10),
            "must not exceed topic(replication) (9",
        ),
        (
            "shop.orders.topic.name",
            SettingValue::from("others"),
            "the name of a topic is written on its message type",
        ),
    ] {
        let builder = Kafka::builder().bootstrap_servers("127.0.0.1:1");
        let kafka = builder.set(key, value).build();
        let error = overridden::Shop::register_all(&kafka).err().unwrap();
        assert!(error.to_string().contains(part), "{error}");
    }
}

fn creating(broker: &Broker) -> Kafka {
    let builder = Kafka::builder().create_missing_topics(true);
    match broker {
        Broker::Embedded(embedded) => builder.embedded(embedded).build(),
        Broker::Real(address) => builder.bootstrap_servers(address).build(),
    }
}

#[tokio::test]
async fn a_start_creates_what_is_missing_if_told_to() {
    const NAME: &str = "provision-started";
    let broker = without(NAME).await;
    broker.create_topic("provision-started-other", 1).await;
    let kafka = creating(&broker);
    let shop = started::Shop::register_all(&kafka).unwrap();
    shop.orders.handle(async |_: started::Order| ()).unwrap();
    shop.strangers
        .handle(async |_: started::Stranger| ())
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("all partitions", || {
        shop.orders.status().partitions.len() == 4
    })
    .await;
    let report = timeout(SOON, running.shutdown()).await.expect("soon");
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
#[ignore = "needs a real Kafka: the embedded broker refuses no topic"]
async fn what_the_cluster_refuses_is_said_and_why() {
    let broker = without("provision-refused").await;
    let kafka = broker.kafka();
    let _shop = refused::Shop::register_all(&kafka).unwrap();
    let error = kafka
        .plan_topics()
        .await
        .unwrap()
        .create()
        .await
        .expect_err("too many replicas");
    let Error::Topics(refusal) = &error else {
        panic!("{error}");
    };
    assert_eq!(refusal.failed.len(), 4, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`provision-refused`: ") && text.contains("replication factor"),
        "{text}"
    );

    let kafka = creating(&broker);
    let shop = refused::Shop::register_all(&kafka).unwrap();
    shop.orders.handle(async |_: refused::Order| ()).unwrap();
    shop.strangers
        .handle(async |_: refused::Stranger| ())
        .unwrap();
    let error = kafka.start().await.expect_err("too many replicas");
    assert!(
        matches!(&error, Error::Start(StartError::Topics(_))),
        "{error}"
    );
}

/// The table of settings is the broker's: its names, and the ends of its ranges.
#[tokio::test]
#[ignore = "needs a real Kafka: it is held against its word"]
async fn the_table_has_the_configs_of_a_topic_and_their_ranges() {
    const NAME: &str = "provision-table";
    let broker = Broker::with(&[(NAME, 1)]).await;
    let plain = broker.plain();
    let theirs: BTreeSet<_> = plain
        .configs_of(NAME)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let ours = SPECS.iter().filter(|spec| spec.side == Side::Topic);
    let ours: BTreeSet<_> = ours
        .filter_map(|spec| Some(spec.property?.to_owned()))
        .collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    // What the broker has, but does not tell unless it stores topics elsewhere (KIP-405), or moves replicas.
    let more: Vec<_> = ours.difference(&theirs).map(String::as_str).collect();
    println!("not told by this broker: {more:?}");
    let mut checked = 0;
    for spec in SPECS.iter().filter(|spec| spec.side == Side::Topic) {
        let (Some(name), None) = (spec.property, spec.refuse()) else {
            continue;
        };
        let new = "provision-table-new";
        match spec.kind {
            Kind::Int { min, max, .. } => {
                for value in [min, max] {
                    assert!(
                        plain.would_create(new, name, &value.to_string()).await,
                        "{name} = {value}"
                    );
                }
                let below = min.checked_sub(1);
                // The number of replicas is bounded by our own: there are no more.
                let above = max.checked_add(1).filter(|_| name != "min.insync.replicas");
                for value in [below, above].into_iter().flatten() {
                    // The broker takes any negative size for no limit.
                    let unlimited = name == "retention.bytes" && value < 0;
                    assert_eq!(
                        plain.would_create(new, name, &value.to_string()).await,
                        unlimited,
                        "{name} = {value}"
                    );
                }
            }
            Kind::Choice(choices) => {
                for choice in choices {
                    assert!(
                        plain.would_create(new, name, choice.name).await,
                        "{name} = {}",
                        choice.name
                    );
                }
                assert!(
                    !plain.would_create(new, name, "none of them").await,
                    "{name}"
                );
            }
            Kind::Flags(flags) => assert!(
                plain.would_create(new, name, &flags.join(",")).await,
                "{name}"
            ),
            Kind::Bool => assert!(plain.would_create(new, name, "false").await, "{name}"),
            Kind::Float { .. } => {
                assert!(
                    plain.would_create(new, name, "1").await
                        && !plain.would_create(new, name, "1.1").await
                );
            }
            kind => panic!("{name}: {kind:?}"),
        }
        checked += 1;
    }
    assert!(checked > 25, "{checked}");
}
