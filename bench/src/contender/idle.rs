//! What consumers cost that have nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::client::Client;
use super::many;
use crate::machine;
use crate::table::Figures;

#[derive(Args, Clone, Debug)]
pub struct Idle {
    who: Who,
    #[command(flatten)]
    client: Client,
    /// How many consumers.
    #[arg(long)]
    services: usize,
    /// For how long, once they are assigned and have settled.
    #[arg(long)]
    seconds: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Base,
    Model,
}

impl Idle {
    pub async fn run(self) -> Figures {
        match self.who {
            Who::Base => {
                let assigned = Arc::new(AtomicUsize::new(0));
                for topic in &many::TOPICS[..self.services] {
                    let config = self.client.alike(1);
                    let assigned = Arc::clone(&assigned);
                    thread::spawn(move || {
                        let consumer: BaseConsumer = config.create().expect("a consumer");
                        consumer.subscribe(&[topic]).expect("a subscription");
                        let mut has = false;
                        loop {
                            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                                message.expect("a record");
                            }
                            if !has && consumer.assignment().expect("an assignment").count() > 0 {
                                has = true;
                                assigned.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
                self.measure(|| assigned.load(Ordering::Relaxed) == self.services)
                    .await
            }
            Who::Model => {
                let kafka = many::register(self.client.kafka(), self.services);
                let running = kafka.start().await.expect("a start");
                let figures = self
                    .measure(|| many::is_assigned(&kafka, self.services))
                    .await;
                running.shutdown().await;
                figures
            }
        }
    }

    async fn measure(&self, is_assigned: impl Fn() -> bool) -> Figures {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !is_assigned() {
            assert!(Instant::now() < deadline, "not assigned");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (cpu, switches) = (machine::cpu_exactly(), machine::voluntary_switches());
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        let seconds = start.elapsed().as_secs_f64();
        let cpu = machine::cpu_exactly().saturating_sub(cpu);
        let switches = machine::voluntary_switches().saturating_sub(switches);
        #[allow(clippy::cast_precision_loss)]
        let (switches, threads) = (switches as f64, machine::threads() as f64);
        Figures::default()
            .with("cpu", cpu.as_secs_f64() * 1_000.0 / seconds)
            .with("switches", switches / seconds)
            .with("threads", threads)
    }
}
