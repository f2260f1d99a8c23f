//! How a service is tested: against a broker inside the test, with the service's own model.
//!
//! The tests are at the end; `cargo test --example testing` runs them. Each has a broker of its own, so
//! they run side by side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kafka_model::{Handler, Kafka, KafkaMessage, KafkaModel, Outcome, Record, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "payments", key = account)]
struct Payment {
    account: String,
    amount: i64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "accounts")]
struct Accounts {
    payments: Topic<Payment>,
}

/// The service: a handler with state.
#[derive(Clone, Default)]
struct Ledger {
    balances: Arc<Mutex<BTreeMap<String, i64>>>,
}

impl Handler<Payment> for Ledger {
    type Argument = Record<Payment>;

    async fn handle(&self, payment: Record<Payment>) -> Outcome {
        if payment.amount == 0 {
            return Outcome::fail("a payment of nothing");
        }
        let mut balances = self.balances.lock().unwrap_or_else(PoisonError::into_inner);
        *balances.entry(payment.account.clone()).or_default() += payment.amount;
        Outcome::Ack
    }
}

/// What the service does, on whatever broker.
fn accounts(kafka: &Kafka, ledger: &Ledger) -> Result<Accounts, kafka_model::Error> {
    let accounts = Accounts::register_all(kafka)?;
    accounts.payments.handle(ledger.clone())?;
    Ok(accounts)
}

#[tokio::main]
async fn main() -> Result<(), kafka_model::Error> {
    if std::env::var_os("KAFKA_BOOTSTRAP_SERVERS").is_none() {
        println!("no broker to serve; `cargo test --example testing` runs the tests of this file");
        return Ok(());
    }
    let kafka = Kafka::from_env()?;
    accounts(&kafka, &Ledger::default())?;
    kafka.run_until(tokio::signal::ctrl_c()).await
}

// Your crate needs kafka-model's feature `embedded` for this, among its dev-dependencies.
#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::PoisonError;
    use std::time::Duration;

    use kafka_model::Running;
    use kafka_model::embedded::EmbeddedKafka;

    use super::{Accounts, Ledger, Payment, accounts};

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    /// Far longer than anything here takes, so that a slow machine does not fail a test.
    const SOON: Duration = Duration::from_secs(20);

    /// The service under test, on a broker of its own, which lives as long as this.
    struct Fixture {
        accounts: Accounts,
        ledger: Ledger,
        running: Running,
    }

    async fn fixture() -> Result<Fixture> {
        let broker = EmbeddedKafka::start()?;
        broker.create_topic("payments", 1)?;
        let kafka = broker.kafka(); // keeps the broker alive
        let ledger = Ledger::default();
        let accounts = accounts(&kafka, &ledger)?;
        let running = kafka.start().await?;
        Ok(Fixture {
            accounts,
            ledger,
            running,
        })
    }

    impl Ledger {
        fn balance(&self, account: &str) -> Option<i64> {
            self.balances
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(account)
                .copied()
        }
    }

    fn payment(amount: i64) -> Payment {
        Payment {
            account: "ada".to_owned(),
            amount,
        }
    }

    #[tokio::test]
    async fn payments_add_up() -> Result {
        let test = fixture().await?;
        let payments = &test.accounts.payments;
        for amount in [5, 7, -2] {
            payments.publish(&payment(amount)).await?;
        }
        let handled = payments
            .wait_until(SOON, |payments| payments.handled == 3)
            .await;
        assert!(handled.is_some(), "{:#?}", test.running.status());
        assert_eq!(test.ledger.balance("ada"), Some(10));
        Ok(())
    }

    #[tokio::test]
    async fn a_payment_of_nothing_halts_its_partition() -> Result {
        let test = fixture().await?;
        let payments = &test.accounts.payments;
        for amount in [5, 0, 7] {
            payments.publish(&payment(amount)).await?;
        }
        let halted = payments
            .wait_until(SOON, |payments| payments.halted().count() == 1)
            .await;
        let status = halted.ok_or("it was not halted")?;
        let (partition, halt) = status.halted().next().ok_or("it was not halted")?;
        assert_eq!((partition, halt.offset), (0, 1));
        assert_eq!(
            halt.reason.to_string(),
            "the handler failed: a payment of nothing"
        );
        assert_eq!(
            test.ledger.balance("ada"),
            Some(5),
            "nothing behind it is handled"
        );
        assert!(
            test.running.shutdown().await.is_clean(),
            "what was handled is committed"
        );
        Ok(())
    }
}
