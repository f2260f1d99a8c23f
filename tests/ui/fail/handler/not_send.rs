use kafka_model::{KafkaMessage, KafkaModel, Topic};
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

use std::rc::Rc;

async fn handle(order: OrderPlaced) {
    let order = Rc::new(order);
    std::future::ready(()).await;
    let _ = order.id;
}

fn main() {
    let attach = |shop: Shop| shop.orders.handle(handle);
    //~^ ERROR
    let _ = attach;
}
