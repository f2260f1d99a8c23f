//! Starting and stopping one topic while the service runs.
//!
//! With `start_immediately = false` nothing of a type is consumed until `start()`. `stop()` finishes and
//! commits what is under way and gives the partitions up; meanwhile records wait in the broker. For a
//! dedicated consumer it also closes the connection; the thread sleeps.

use std::error::Error;
use std::time::Duration;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

const SOON: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "reports")]
#[kafka(dedicated(group_id = "reports", start_immediately = false))]
struct Report {
    id: u64,
}

#[derive(KafkaModel)]
struct Office {
    reports: Topic<Report>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    broker.create_topic("reports", 2)?;
    let kafka = broker.kafka();
    let office = Office::register_all(&kafka)?;
    office
        .reports
        .handle(async |report: Report| println!("  handled {}", report.id))?;
    let running = kafka.start().await?;

    let publish = async |ids| {
        for id in ids {
            office.reports.publish(&Report { id }).await?;
        }
        Ok::<_, kafka_model::PublishError>(())
    };
    let handled = async |count| {
        let status = office
            .reports
            .wait_until(SOON, |reports| reports.handled == count)
            .await;
        status.ok_or("not handled in time")
    };

    publish(0..3).await?;
    println!("not started: {:?}", running.status().services[0].phase);
    assert_eq!(office.reports.status().handled, 0);

    office.reports.start();
    handled(3).await?;
    println!("started: {:?}", running.status().services[0].phase);

    assert!(office.reports.stop().await, "its partitions are given up");
    publish(3..6).await?;
    println!(
        "stopped: {} partitions",
        office.reports.status().partitions.len()
    );
    assert_eq!(office.reports.status().handled, 3);

    office.reports.start();
    handled(6).await?;
    println!("started again: it went on where it was");

    running.shutdown().await;
    Ok(())
}
