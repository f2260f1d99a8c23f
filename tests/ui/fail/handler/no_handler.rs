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

fn main() {
    let attach = |shop: Shop| shop.orders.handle("nothing that could be called");
    //~^ ERROR `&str` cannot handle records of `OrderPlaced`
    let _ = attach;
}
