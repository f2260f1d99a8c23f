//! Records that fail: tried again, set aside, and sent back once the cause is mended.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka_model::embedded::EmbeddedKafka;
use kafka_model::{HandlerError, KafkaMessage, KafkaModel, Permanent, Record, Topic};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "payments", retry(attempts = 3, backoff = "10ms..1s", jitter))]
#[kafka(dead_letter(topic = "payments.dead", limit = "50%"))]
struct Payment {
    id: u32,
    amount: i64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "billing")]
struct Billing {
    payments: Topic<Payment>,
}

/// The bank, which is closed for a while.
#[derive(Clone, Default)]
struct Bank(Arc<AtomicBool>);

impl Bank {
    async fn book(&self, payment: Record<Payment>) -> Result<(), HandlerError> {
        if payment.amount < 0 {
            // No further attempt can mend this.
            return Err(Permanent::new("a negative amount").into());
        }
        if payment.id.is_multiple_of(2) && !self.0.load(Ordering::SeqCst) {
            println!(
                "payment {}: attempt {} failed",
                payment.id,
                payment.attempt()
            );
            return Err("the bank is closed".into());
        }
        println!("payment {}: booked", payment.id);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broker = EmbeddedKafka::start()?;
    for topic in ["payments", "payments.dead"] {
        broker.create_topic(topic, 1)?;
    }
    let kafka = broker.kafka();
    let billing = Billing::register_all(&kafka)?;
    let bank = Bank::default();
    let handler = bank.clone();
    billing.payments.handle(move |payment: Record<Payment>| {
        let bank = handler.clone();
        async move { bank.book(payment).await }
    })?;
    let running = kafka.start().await?;
    for (id, amount) in [(1, 10), (2, 20), (3, -30), (4, 40)] {
        billing.payments.publish(&Payment { id, amount }).await?;
    }
    let limit = Duration::from_secs(20);
    let status = billing
        .payments
        .wait_until(limit, |status| status.handled + status.dead_lettered == 4);
    let status = status.await.ok_or("not all are dealt with")?;
    println!(
        "booked {}, set aside {}",
        status.handled, status.dead_lettered
    );

    // The bank opens. What is worth another try goes back to the topic.
    bank.0.store(true, Ordering::SeqCst);
    let redrive = billing.payments.redrive()?;
    let report = redrive
        .filter(|letter| letter.message() != Some("the handler failed: a negative amount"))
        .run()
        .await?;
    println!("{report}");
    let all_booked = billing
        .payments
        .wait_until(limit, |status| status.handled == 3);
    all_booked.await.ok_or("not all are booked")?;
    println!("{}", running.shutdown().await);
    Ok(())
}
