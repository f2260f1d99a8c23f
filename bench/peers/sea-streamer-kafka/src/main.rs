//! `sea-streamer-kafka`: the loop of its example of a consumer that resumes, with the offset of each record stored once
//! it is handled. librdkafka commits what is stored every second, and at the end: at least once, in order within a
//! partition, one record after another.
//!
//! The message is librdkafka's own. Its name, partition and offset are copied to store the offset: the consumer can
//! only do that when no message borrows it.

use std::time::Duration;

use clap::Parser;
use kafka_model_bench_peer::{Drain, Event, Stopwatch, machine};
use sea_streamer_kafka::{AutoOffsetReset, KafkaConsumer, KafkaConsumerOptions, KafkaStreamer};
use sea_streamer_types::{
    Buffer, Consumer as _, ConsumerGroup, ConsumerMode, ConsumerOptions as _, Message as _,
    StreamKey, Streamer as _, StreamerUri,
};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    drain: Drain,
}

async fn consumer(drain: &Drain) -> (KafkaStreamer, KafkaConsumer) {
    let uri: StreamerUri = format!("kafka://{}", drain.bootstrap)
        .parse()
        .expect("an address");
    let streamer = KafkaStreamer::connect(uri, Default::default())
        .await
        .expect("a connection");
    let mut options = KafkaConsumerOptions::new(ConsumerMode::LoadBalanced);
    options.set_group_id(ConsumerGroup::new(Drain::group()));
    options.set_auto_offset_reset(AutoOffsetReset::Earliest);
    options.set_enable_auto_commit(true);
    options.set_auto_commit_interval(Duration::from_secs(1));
    options.set_enable_auto_offset_store(false);
    for (name, value) in drain.settings() {
        options.add_custom_option(name, value);
    }
    let topic = StreamKey::new(&drain.topic).expect("a name");
    let consumer = streamer.create_consumer(&[topic], options).await;
    (streamer, consumer.expect("a consumer"))
}

async fn step(drain: &Drain, consumer: &mut KafkaConsumer) {
    let message = consumer.next().await.expect("a record");
    let payload = message.message();
    let event: Event = serde_json::from_slice(payload.as_bytes()).expect("an event");
    drain.handler.handle(&event).await;
    let identifier = message.identifier();
    consumer
        .store_offset_with(&identifier)
        .expect("a stored offset");
}

#[tokio::main]
async fn main() {
    let Arguments { drain } = Arguments::parse();
    let (streamer, mut consumer) = consumer(&drain).await;
    // The first record says that the partitions are assigned.
    step(&drain, &mut consumer).await;
    machine::quiet().await;
    let left = drain.records - 1;
    let stopwatch = Stopwatch::start();
    for _ in 0..left {
        step(&drain, &mut consumer).await;
    }
    let figures = stopwatch.figures(left);
    drop(consumer);
    streamer.disconnect().await.expect("a clean end");
    println!("{}", figures.to_line());
}
