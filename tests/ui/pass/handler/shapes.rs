use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kafka_model::{Handler, HandlerError, KafkaMessage, KafkaModel, Outcome, Record, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders")]
struct OrderPlaced {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "shop")]
struct Shop {
    orders: Topic<OrderPlaced>,
}

async fn takes_the_value(_: OrderPlaced) {}

async fn takes_the_record(order: Record<OrderPlaced>) -> Result<(), std::io::Error> {
    let _ = (order.id, order.offset());
    Ok(())
}

async fn takes_tombstones(order: Option<OrderPlaced>) -> Result<(), HandlerError> {
    order.map(drop).ok_or_else(|| "gone".into())
}

async fn takes_records_of_tombstones(order: Record<Option<OrderPlaced>>) -> Result<(), String> {
    let _ = order.value().is_some();
    Ok(())
}

async fn returns_an_outcome(order: OrderPlaced) -> Outcome {
    if order.id == 0 {
        Outcome::fail("no id")
    } else {
        Outcome::Ack
    }
}

struct Counter {
    seen: AtomicU64,
}

impl Handler<OrderPlaced> for Counter {
    type Argument = OrderPlaced;

    async fn handle(&self, order: OrderPlaced) -> Outcome {
        self.seen.fetch_add(order.id, Ordering::Relaxed);
        Outcome::Ack
    }
}

fn attach(shop: &Shop) -> Result<(), kafka_model::Error> {
    shop.orders.handle(takes_the_value)?;
    shop.orders.handle(takes_the_record)?;
    shop.orders.handle(takes_tombstones)?;
    shop.orders.handle(takes_records_of_tombstones)?;
    shop.orders.handle(returns_an_outcome)?;
    shop.orders.handle(Counter {
        seen: AtomicU64::new(0),
    })?;
    shop.orders
        .handle(async |order: OrderPlaced| println!("{}", order.id))?;
    shop.orders.handle(async |order: Record<OrderPlaced>| {
        println!("{}", order.id);
        Ok::<_, std::io::Error>(())
    })?;
    let seen = Arc::new(AtomicU64::new(0));
    shop.orders.handle(move |order: OrderPlaced| {
        let seen = Arc::clone(&seen);
        async move {
            seen.fetch_add(order.id, Ordering::Relaxed);
        }
    })
}

fn main() {
    let _ = attach;
}
