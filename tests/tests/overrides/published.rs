//! Topics that are only published to.

use kafka_model::{Kafka, KafkaMessage, KafkaModel, ModelDescription, Topic};
use serde::{Deserialize, Serialize};

/// On a cluster of its own.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-far")]
#[kafka(dedicated(
    group_id = "overrides-far",
    bootstrap_servers = "far:9092",
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN",
    sasl_username = "far",
    sasl_password = env("KAFKA_MODEL_TEST_NOT_SET")
))]
struct Far {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-near", topic(partitions = 3))]
struct Near {
    id: u64,
}

#[derive(KafkaModel)]
#[allow(dead_code, reason = "only described")]
struct Reports {
    #[kafka(publish_only)]
    far: Topic<Far>,
    #[kafka(publish_only)]
    near: Topic<Near>,
}

fn settings(model: &ModelDescription, field: &str) -> Vec<[String; 3]> {
    let mut published = model.published.iter();
    let published = published.find(|published| published.field == field);
    let settings = published.unwrap().settings.iter();
    let shown = settings.map(|shown| [&shown.setting, &shown.value, &shown.from].map(Clone::clone));
    shown.collect()
}

#[test]
fn what_a_topic_is_published_with_is_described() {
    let kafka = Kafka::builder().bootstrap_servers("main:9092").build();
    let here = line!() - 1;
    let model = Reports::describe(&kafka).unwrap();
    assert_eq!(
        settings(&model, "near"),
        [
            [
                "bootstrap_servers",
                "main:9092",
                &format!("{}:{here}", file!())
            ],
            ["topic(partitions)", "3", "on the type"],
        ]
    );
    let own = "in the type's `dedicated(...)`";
    assert_eq!(
        settings(&model, "far"),
        [
            ["bootstrap_servers", "far:9092", own],
            ["security_protocol", "sasl_plaintext", own],
            ["sasl_mechanism", "PLAIN", own],
            ["sasl_username", "far", own],
            ["sasl_password", "env(\"KAFKA_MODEL_TEST_NOT_SET\")", own],
        ]
    );
    let shown = model.to_string();
    assert!(shown.contains("far:9092"), "{shown}");
}

#[test]
fn what_a_topic_of_another_cluster_needs_is_looked_for_at_once() {
    let kafka = Kafka::builder().bootstrap_servers("main:9092").build();
    let error = Reports::register_all(&kafka).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model `Reports` cannot be registered:\n  \
         - Reports.far: sasl_password = env(\"KAFKA_MODEL_TEST_NOT_SET\"): this environment variable is not set"
    );
}
