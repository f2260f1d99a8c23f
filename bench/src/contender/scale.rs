//! Many consumers, many partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;

use super::client::Client;
use super::many;
use crate::machine;
use crate::message::Event;
use crate::table::Figures;

#[derive(Args, Clone, Debug)]
pub struct Scale {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// How many consumers.
    #[arg(long)]
    services: usize,
    /// How many partitions each has.
    #[arg(long)]
    each: u16,
    /// How many records there are in all.
    #[arg(long)]
    records: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Base,
    Model,
}

impl Scale {
    pub async fn run(self) -> Figures {
        match self.who {
            Who::Base => self.base().await,
            Who::Model => {
                let kafka = many::register(self.client.kafka(), self.services);
                let partitions = self.services * usize::from(self.each);
                let start = Instant::now();
                let running = kafka.start().await.expect("a start");
                let figures = self
                    .measure(start, || many::is_assigned(&kafka, partitions))
                    .await;
                running.shutdown().await;
                figures
            }
        }
    }

    async fn base(&self) -> Figures {
        let assigned = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        for topic in &many::TOPICS[..self.services] {
            let (config, each) = (self.client.alike(self.each), usize::from(self.each));
            let assigned = Arc::clone(&assigned);
            thread::spawn(move || {
                let consumer: BaseConsumer = config.create().expect("a consumer");
                consumer.subscribe(&[topic]).expect("a subscription");
                let has = AtomicBool::new(false);
                loop {
                    if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                        let message = message.expect("a record");
                        let event: Event =
                            serde_json::from_slice(message.payload().expect("a payload"))
                                .expect("an event");
                        std::hint::black_box(&event);
                        many::HANDLED.fetch_add(1, Ordering::Relaxed);
                        consumer
                            .store_offset_from_message(&message)
                            .expect("a stored offset");
                    }
                    if !has.load(Ordering::Relaxed)
                        && consumer.assignment().expect("an assignment").count() == each
                    {
                        has.store(true, Ordering::Relaxed);
                        assigned.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        self.measure(start, || assigned.load(Ordering::Relaxed) == self.services)
            .await
    }

    async fn measure(&self, start: Instant, is_assigned: impl Fn() -> bool) -> Figures {
        let deadline = start + Duration::from_secs(120);
        while !is_assigned() {
            assert!(Instant::now() < deadline, "not assigned");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let assigned = start.elapsed().as_secs_f64();
        while many::HANDLED.load(Ordering::Relaxed) < self.records {
            assert!(Instant::now() < deadline, "not all came");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let all = start.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let (threads, memory, records) = (
            machine::threads() as f64,
            machine::peak_memory() as f64,
            self.records as f64,
        );
        Figures::default()
            .with("assigned", assigned)
            .with("all", all)
            .with("threads", threads)
            .with("memory", memory / f64::from(1 << 20))
            // With the start.
            .with("cpu_us", machine::cpu().as_secs_f64() * 1e6 / records)
    }
}
