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

async fn handle(_: OrderPlaced) {}

fn main() {
    let attach = |shop: Shop| shop.orders.handle_batch(handle);
    //~^ ERROR
    let _ = attach;
}
