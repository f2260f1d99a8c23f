//! Publishing: to topics that are also consumed, and to topics that are not.
//!
//! `publish` returns when the broker has acknowledged the record, and says where it is. It works as soon
//! as the model is registered, until the runtime is shut down. Several at once are sent in batches, so
//! publish concurrently where there is much to send.

use std::error::Error;
use std::time::Duration;

use futures_util::future::try_join_all;
use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
use serde::{Deserialize, Serialize};

/// Its key decides on its partition: all orders of a customer are in one, in order.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders", key = customer.id, order = "key")]
struct Order {
    customer: Customer,
    amount: u64,
}

#[derive(Serialize, Deserialize)]
struct Customer {
    id: u64,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "invoices", key = customer)]
struct Invoice {
    customer: u64,
    amount: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "billing")]
struct Billing {
    orders: Topic<Order>,
    /// It needs no handler, and takes no settings of a consumer.
    #[kafka(publish_only)]
    invoices: Topic<Invoice>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    broker.create_topic("orders", 3)?;
    broker.create_topic("invoices", 1)?;
    let kafka = broker.kafka();
    let billing = Billing::register_all(&kafka)?;

    // A topic's handle can be cloned into a handler: here each order becomes an invoice. An error of
    // `publish` is one of the handler, so an order is only done when its invoice is acknowledged.
    let invoices = billing.invoices.clone();
    billing.orders.handle(move |order: Record<Order>| {
        let invoices = invoices.clone();
        async move {
            let invoice = Invoice {
                customer: order.customer.id,
                amount: order.amount,
            };
            let at = invoices.publish(&invoice).await?;
            println!(
                "order {}@{} -> invoice {}@{}",
                order.partition(),
                order.offset(),
                at.partition,
                at.offset
            );
            Ok::<_, kafka_model::PublishError>(())
        }
    })?;

    let running = kafka.start().await?;
    let orders: Vec<_> = (0..9)
        .map(|i| Order {
            customer: Customer { id: i % 3 },
            amount: 10 * i,
        })
        .collect();
    try_join_all(orders.iter().map(|order| billing.orders.publish(order))).await?;
    let done = billing
        .orders
        .wait_until(Duration::from_secs(20), |orders| orders.handled == 9)
        .await;
    done.ok_or("not handled in time")?;
    assert!(running.shutdown().await.is_clean());
    Ok(())
}
