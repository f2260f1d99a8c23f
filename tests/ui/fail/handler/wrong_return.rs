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

async fn handle(order: OrderPlaced) -> u64 {
    order.id
}

fn main() {
    let attach = |shop: Shop| shop.orders.handle(handle);
    //~^ ERROR a handler cannot return `u64`
    let _ = attach;
}
