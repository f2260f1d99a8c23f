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

struct Refund;

async fn handle(_: Vec<Refund>) {}

fn main() {
    let attach = |shop: Shop| shop.orders.handle_batch(handle);
    //~^ ERROR a handler for `OrderPlaced` cannot take `Refund`; take `OrderPlaced` or `Record<OrderPlaced>`
    let _ = attach;
}
