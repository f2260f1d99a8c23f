//! Publishing.

use std::ops::Range;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::{StreamExt as _, stream};
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use rdkafka::producer::{
    BaseRecord, DefaultProducerContext, FutureProducer, FutureRecord, Producer as _,
    ThreadedProducer,
};
use rdkafka::types::RDKafkaErrorCode;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::drain::Stopwatch;
use crate::table::Figures;

pub const TOPIC: &str = "bench-publish";
pub const PARTITIONS: u16 = 4;
/// How many are on their way at once, where not each is waited for.
const AT_ONCE: usize = 10_000;

#[derive(Args, Clone, Debug)]
pub struct Publish {
    who: Who,
    #[command(flatten)]
    client: Client,
    #[arg(long)]
    records: u64,
    /// Wait for each before the next.
    #[arg(long)]
    one_by_one: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Model,
    /// Sends all at once, 10,000 at a time.
    ModelAll,
    Future,
    /// Sends all, then waits for all.
    Threaded,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-publish", key = name)]
struct Event {
    id: u64,
    name: String,
    body: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "bench-publish")]
struct Published {
    #[kafka(publish_only)]
    events: Topic<Event>,
}

fn event(id: u64) -> Event {
    Event {
        id: 100_000_000 + id,
        name: format!("event-{:06}", id % 1_000),
        body: "x".repeat(46),
    }
}

impl Publish {
    pub async fn run(self) -> Figures {
        match self.who {
            Who::Model => {
                let kafka = self.client.kafka().build();
                let model = Published::register_all(&kafka).expect("a model");
                let events = &model.events;
                self.measure(async |id| {
                    events.publish(&event(id)).await.expect("acknowledged");
                })
                .await
            }
            Who::ModelAll => {
                let kafka = self.client.kafka().build();
                let model = Published::register_all(&kafka).expect("a model");
                let publish = async |ids: Range<u64>| {
                    let events: Vec<_> = ids.map(event).collect();
                    for result in model.events.publish_all(&events).await {
                        result.expect("acknowledged");
                    }
                };
                publish(0..1).await;
                let stopwatch = Stopwatch::start();
                for from in (0..self.records).step_by(AT_ONCE) {
                    publish(from..(from + AT_ONCE as u64).min(self.records)).await;
                }
                stopwatch.figures(self.records)
            }
            Who::Future => {
                let producer: FutureProducer = self.client.producer().create().expect("a producer");
                let producer = &producer;
                self.measure(async |id| {
                    let event = event(id);
                    let json = serde_json::to_vec(&event).expect("JSON");
                    let record = FutureRecord::to(TOPIC).key(&event.name).payload(&json);
                    let sent = producer.send(record, Duration::from_secs(60)).await;
                    sent.expect("acknowledged");
                })
                .await
            }
            Who::Threaded => self.threaded(),
        }
    }

    async fn measure(&self, publish: impl AsyncFn(u64)) -> Figures {
        // The first one connects.
        publish(0).await;
        let stopwatch = Stopwatch::start();
        if self.one_by_one {
            for id in 0..self.records {
                publish(id).await;
            }
        } else {
            let publish = &publish;
            stream::iter(0..self.records)
                .map(move |id| publish(id))
                .buffer_unordered(AT_ONCE)
                .collect::<()>()
                .await;
        }
        stopwatch.figures(self.records)
    }

    fn threaded(&self) -> Figures {
        let producer: ThreadedProducer<DefaultProducerContext> =
            self.client.producer().create().expect("a producer");
        let flush = || {
            producer
                .flush(Duration::from_secs(60))
                .expect("acknowledgements");
        };
        let send = |id| {
            let event = event(id);
            let json = serde_json::to_vec(&event).expect("JSON");
            let mut record = BaseRecord::to(TOPIC).key(&event.name).payload(&json);
            while let Err((error, back)) = producer.send(record) {
                let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
                assert!(full, "{error}");
                record = back;
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        send(0);
        flush();
        let stopwatch = Stopwatch::start();
        for id in 0..self.records {
            send(id);
        }
        flush();
        stopwatch.figures(self.records)
    }
}
