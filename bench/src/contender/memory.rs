//! What a slow handler makes a consumer hold.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::machine;
use crate::table::Figures;

pub const TOPIC: &str = "bench-memory";
pub const PARTITIONS: u16 = 12;
/// What the handler takes for a record.
const SLOW: Duration = Duration::from_millis(20);

#[derive(Args, Clone, Debug)]
pub struct Memory {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// For how long.
    #[arg(long)]
    seconds: u64,
    /// The stated bound, in MiB.
    #[arg(long)]
    budget: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    /// With librdkafka's own defaults.
    Stream,
    Model,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-memory", concurrency = 1)]
struct Event {
    id: u64,
    name: String,
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-memory")]
struct Held {
    events: Topic<Event>,
}

impl Memory {
    pub async fn run(self) -> Figures {
        let before = machine::memory();
        let seconds = Duration::from_secs(self.seconds);
        match self.who {
            Who::Stream => {
                let consumer: StreamConsumer = self.client.consumer().create().expect("a consumer");
                consumer.subscribe(&[TOPIC]).expect("a subscription");
                let deadline = Instant::now() + seconds;
                while Instant::now() < deadline {
                    let message = consumer.recv().await.expect("a record");
                    let event: Event =
                        serde_json::from_slice(message.payload().expect("a payload"))
                            .expect("an event");
                    std::hint::black_box(&event);
                    tokio::time::sleep(SLOW).await;
                }
            }
            Who::Model => {
                let kafka = self
                    .client
                    .kafka()
                    .set("held.group_id", Client::group())
                    .set("memory_budget", format!("{}MiB", self.budget))
                    .set("max_buffered", 1_000_000)
                    .build();
                let model = Held::register_all(&kafka).expect("a model");
                model
                    .events
                    .handle(async |event: Event| {
                        std::hint::black_box(&event);
                        tokio::time::sleep(SLOW).await;
                    })
                    .expect("a handler");
                let running = kafka.start().await.expect("a start");
                tokio::time::sleep(seconds).await;
                assert!(model.events.status().handled > 0, "{:#?}", running.status());
                std::mem::forget(running);
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let more = (machine::peak_memory() - before) as f64 / f64::from(1 << 20);
        Figures::default()
            .with("more", more)
            .with("of_bound", more / f64::from(self.budget))
    }
}
