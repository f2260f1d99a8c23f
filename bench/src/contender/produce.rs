//! A producer in a process of its own.

use std::time::Duration;

use clap::Args;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;

use super::client::Client;
use super::drain::Stopwatch;
use crate::message::Event;
use crate::table::Figures;

#[derive(Args, Clone, Debug)]
pub struct Produce {
    #[command(flatten)]
    client: Client,
    #[arg(long)]
    topic: String,
    #[arg(long)]
    partitions: u16,
    #[arg(long)]
    records: u64,
    /// How many bytes of JSON each has.
    #[arg(long)]
    bytes: usize,
}

impl Produce {
    pub async fn run(self) -> Figures {
        tokio::task::spawn_blocking(move || self.produce())
            .await
            .expect("no panic")
    }

    fn produce(&self) -> Figures {
        let mut config = self.client.producer();
        config
            .set("linger.ms", "5")
            .set("batch.size", "100000")
            .set("queue.buffering.max.messages", "100000")
            .set("sticky.partitioning.linger.ms", "0");
        let producer: ThreadedProducer<DefaultProducerContext> =
            config.create().expect("a producer");
        let payload = Event::of_size(0, self.bytes).json();
        let stopwatch = Stopwatch::start();
        for id in 0..self.records {
            let partition = i32::try_from(id % u64::from(self.partitions)).expect("a partition");
            let mut record: BaseRecord<'_, (), [u8]> = BaseRecord::to(&self.topic)
                .partition(partition)
                .payload(&payload);
            while let Err((error, back)) = producer.send(record) {
                let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
                assert!(full, "{error}");
                record = back;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        producer
            .flush(Duration::from_secs(60))
            .expect("acknowledgements");
        stopwatch.figures(self.records)
    }
}
