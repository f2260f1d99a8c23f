//! What happens when records come faster than they are handled.
//!
//! `pause`, the default, waits: nothing is lost, and the lag grows in the broker. `drop_oldest` and
//! `drop_newest` keep up by dropping; they need `delivery = "at_most_once"`, or they do not compile.

use std::error::Error;
use std::time::Duration;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

const RECORDS: u64 = 500;

/// Every order counts.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders", max_buffered = 20)]
struct Order {
    id: u64,
}

/// Only the newest positions are of interest.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "positions", max_buffered = 20)]
#[kafka(backpressure = "drop_oldest", delivery = "at_most_once")]
struct Position {
    id: u64,
}

/// A sample is as good as all.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "samples", max_buffered = 20)]
#[kafka(backpressure = "drop_newest", delivery = "at_most_once")]
struct Sample {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "fleet")]
struct Fleet {
    orders: Topic<Order>,
    positions: Topic<Position>,
    samples: Topic<Sample>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    for topic in ["orders", "positions", "samples"] {
        broker.create_topic(topic, 1)?;
    }
    let kafka = broker.kafka();
    let fleet = Fleet::register_all(&kafka)?;
    fleet
        .orders
        .handle(async |_: Order| sleep(Duration::from_millis(3)).await)?;
    fleet
        .positions
        .handle(async |_: Position| sleep(Duration::from_millis(3)).await)?;
    fleet
        .samples
        .handle(async |_: Sample| sleep(Duration::from_millis(3)).await)?;

    // They are all there before the service starts.
    let publishing = (0..RECORDS).map(async |id| {
        let (order, position, sample) = (Order { id }, Position { id }, Sample { id });
        tokio::try_join!(
            fleet.orders.publish(&order),
            fleet.positions.publish(&position),
            fleet.samples.publish(&sample),
        )
    });
    futures_util::future::try_join_all(publishing).await?;

    let running = kafka.start().await?;
    let soon = Duration::from_secs(30);
    println!("{:<10} {:>7} {:>7}", "topic", "handled", "dropped");
    for topic in [
        fleet
            .orders
            .wait_until(soon, |topic| topic.handled + topic.dropped == RECORDS)
            .await,
        fleet
            .positions
            .wait_until(soon, |topic| topic.handled + topic.dropped == RECORDS)
            .await,
        fleet
            .samples
            .wait_until(soon, |topic| topic.handled + topic.dropped == RECORDS)
            .await,
    ] {
        let topic = topic.ok_or("not all came in time")?;
        println!(
            "{:<10} {:>7} {:>7}",
            topic.topic, topic.handled, topic.dropped
        );
    }
    assert_eq!(fleet.orders.status().dropped, 0);
    assert!(fleet.positions.status().dropped > 0);
    assert!(running.shutdown().await.is_clean());
    Ok(())
}
