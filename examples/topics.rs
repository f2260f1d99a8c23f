//! Topics that are created as the model declares them, a check before anything runs, and what a health endpoint says.
//!
//! The broker is inside the process, and has none of the topics. For a real one, which also has configs and replicas to
//! compare, set `KAFKA_BOOTSTRAP_SERVERS=localhost:9092`; this then creates four topics there whose names begin with
//! `example-orders`.

use std::error::Error;
use std::time::Duration;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{Kafka, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

/// Its retry topic and its dead-letter topic are created with as many partitions.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "example-orders", partitions = 6, retention_ms = "7d"))]
#[kafka(order = "none", retry(topics = ["10m"]), dead_letter = "example-orders-dead")]
struct Order {
    id: u64,
}

/// What is only known by its key's last value is kept for ever.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "example-orders-state", partitions = 3, cleanup_policy = "compact"), key = id)]
struct OrderState {
    id: u64,
    state: String,
}

/// `topic(...)` on a model is the default of all its topics.
#[derive(KafkaModel)]
#[kafka(group_id = "example-shop", topic(replication = 1))]
struct Shop {
    orders: Topic<Order>,
    #[kafka(publish_only)]
    states: Topic<OrderState>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    let kafka = match std::env::var_os("KAFKA_BOOTSTRAP_SERVERS") {
        None => broker.kafka(),
        Some(_) => Kafka::from_env()?,
    };
    let shop = Shop::register_all(&kafka)?;
    let states = shop.states.clone();
    shop.orders.handle(move |order: Order| {
        let states = states.clone();
        async move {
            let state = "accepted".to_owned();
            states
                .publish(&OrderState {
                    id: order.id,
                    state,
                })
                .await
                .map(drop)
        }
    })?;

    // What a deployment can do before anything runs, or a person who wants to see it first.
    println!("before:\n{}\n", kafka.check().await);
    let plan = kafka.plan_topics().await?;
    println!("{plan}\n");
    println!("{}\n", plan.create().await?); // what exists would be left as it is
    println!("after:\n{}\n", kafka.check().await);

    // `Kafka::builder().create_missing_topics(true).require_check(true)` has `start` do the same.
    let running = kafka.start().await?;
    while !kafka.status().is_ready() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shop.orders.publish(&Order { id: 1 }).await?;
    let handled = shop
        .orders
        .wait_until(Duration::from_secs(30), |orders| orders.handled > 0);
    assert!(handled.await.is_some(), "{:#?}", running.status());
    let status = running.status();
    println!("ready: {}, live: {}", status.is_ready(), status.is_live());
    running.shutdown().await;
    // As a readiness probe is answered while Kubernetes waits for the end.
    for reason in kafka.status().not_ready() {
        println!("not ready: {reason}");
    }
    Ok(())
}
