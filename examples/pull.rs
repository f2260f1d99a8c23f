//! Pulling records one by one, instead of having a handler called.
//!
//! Each record must be acknowledged: only then is its offset committed. Several may be held at once, up
//! to `max_buffered`; what is dropped without a word counts as failed.

use std::error::Error;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "jobs", on_failure = "skip")]
struct Job {
    id: u32,
}

#[derive(KafkaModel)]
#[kafka(group_id = "workers")]
struct Workers {
    jobs: Topic<Job>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    broker.create_topic("jobs", 1)?;
    let kafka = broker.kafka();
    let workers = Workers::register_all(&kafka)?;
    let mut jobs = workers.jobs.stream()?; // instead of `handle`
    let running = kafka.start().await?;
    for id in 1..=6 {
        workers.jobs.publish(&Job { id }).await?;
    }

    // One at a time.
    for _ in 0..3 {
        let Some(job) = jobs.next().await else { break };
        println!("job {} at offset {}", job.id, job.offset());
        if job.id == 2 {
            job.fail("there is no second job"); // what happens now is the type's `on_failure`
        } else {
            job.ack();
        }
    }

    // Several at once; they may be acknowledged in any order.
    let mut held = Vec::new();
    while held.len() < 3 {
        held.extend(jobs.next().await);
    }
    println!(
        "hold {:?}",
        held.iter().map(|job| job.id).collect::<Vec<_>>()
    );
    held.into_iter().rev().for_each(kafka_model::Pulled::ack);

    let status = workers.jobs.status();
    println!(
        "handled {}, failed {}, skipped {}",
        status.handled, status.failed, status.skipped
    );
    assert_eq!((status.handled, status.failed, status.skipped), (5, 1, 1));
    assert!(running.shutdown().await.is_clean());
    assert!(
        jobs.next().await.is_none(),
        "after the shutdown the stream ends"
    );
    Ok(())
}
