//! Credentials on a real Kafka that change, stay wrong, and differ between the types of one model.
#![cfg(feature = "ssl")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka_model::{
    Event, Kafka, KafkaBuilder, KafkaMessage, KafkaModel, Running, SecretString, SettingValue,
    Topic,
};
use kafka_model_tests::{Broker, Heard, RawRecord, SOON, Secured, soon};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// On the plaintext listener, whatever becomes of the other.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-beside")]
struct Beside {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-changing", dedicated(group_id = "secured-changing"))]
struct Changing {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-beside")]
struct Both {
    beside: Topic<Beside>,
    changing: Topic<Changing>,
}

/// Bob's password at the broker, which is set back in the end.
struct Password<'a>(&'a Secured);

impl Password<'_> {
    fn change(&self, to: &str) {
        self.0.control(&["set-password", "bob", to]);
    }
}

impl Drop for Password<'_> {
    fn drop(&mut self) {
        self.change("bob-secret");
    }
}

async fn cluster() -> (Broker, Secured) {
    let topics = [("secured-beside", 1), ("secured-changing", 1)];
    (Broker::with(&topics).await, Secured::beside())
}

fn builder(broker: &Broker) -> KafkaBuilder {
    Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_secs(3))
}

/// Starts both, and counts what comes of the type whose credentials change.
async fn start(kafka: &Kafka) -> (Both, Running, Arc<AtomicUsize>) {
    let both = Both::register_all(kafka).unwrap();
    let handled = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&handled);
    both.beside.handle(async |_: Beside| ()).unwrap();
    both.changing
        .handle(move |_: Changing| {
            counts.fetch_add(1, Ordering::SeqCst);
            std::future::ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    (both, running, handled)
}

fn is_refused(kafka: &Kafka) -> bool {
    let services = kafka.status().services;
    let mut errors = services
        .iter()
        .filter_map(|service| service.last_error.as_ref());
    errors.any(|error| error.to_string().contains("SASL authentication error"))
}

/// Publishes with the credentials as they are now.
async fn publish(both: &Both, ids: std::ops::Range<u64>) {
    for id in ids {
        timeout(SOON, both.changing.publish(&Changing { id }))
            .await
            .expect("it is published with the new password")
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_password_is_changed_in_a_file_while_a_service_runs() {
    let (broker, secured) = cluster().await;
    let path = std::env::temp_dir().join(format!("kafka-model-password-{}", std::process::id()));
    std::fs::write(&path, "bob-secret\n").unwrap();
    let password = SettingValue::file(path.to_str().unwrap());
    let settings = secured.sasl("rotating", "SCRAM-SHA-256", "bob", password);
    let kafka = settings.on(builder(&broker), "both.changing").build();
    let (both, running, handled) = start(&kafka).await;
    publish(&both, 0..1).await;
    soon("the first record", || handled.load(Ordering::SeqCst) == 1).await;

    // Changed at the cluster first, and where the service reads it some time later: connections have to authenticate
    // anew every four seconds, and cannot.
    let at_broker = Password(&secured);
    at_broker.change("bob-other-secret");
    soon("a refusal", || is_refused(&kafka)).await;
    std::fs::write(&path, "bob-other-secret\n").unwrap();
    publish(&both, 1..5).await;
    soon("all records", || handled.load(Ordering::SeqCst) >= 5).await;
    assert!(running.shutdown().await.is_clean());
    assert_eq!(
        handled.load(Ordering::SeqCst),
        5,
        "none is lost, none comes twice"
    );
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_password_is_changed_in_a_vault_while_a_service_runs() {
    let (broker, secured) = cluster().await;
    let vault = Arc::new(Mutex::new("bob-secret"));
    let asked = Arc::clone(&vault);
    let builder =
        builder(&broker).secrets(move |_: &str| Ok(SecretString::from(*asked.lock().unwrap())));
    let password = SettingValue::secret("kafka/bob");
    let settings = secured.sasl("rotating", "SCRAM-SHA-512", "bob", password);
    let kafka = settings.on(builder, "both.changing").build();
    let (both, running, handled) = start(&kafka).await;
    publish(&both, 0..1).await;
    soon("the first record", || handled.load(Ordering::SeqCst) == 1).await;

    let at_broker = Password(&secured);
    at_broker.change("bob-third-secret");
    soon("a refusal", || is_refused(&kafka)).await;
    *vault.lock().unwrap() = "bob-third-secret";
    publish(&both, 1..3).await;
    soon("all records", || handled.load(Ordering::SeqCst) >= 3).await;
    assert!(running.shutdown().await.is_clean());
}

/// How soon after the change it must be said that the broker refuses the credentials: they are shown again after four
/// seconds, after fifteen it is clear, and another client has three.
const BOUND: Duration = Duration::from_secs(45);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_password_that_stays_wrong_is_said_and_taken_when_it_is_right() {
    let (broker, secured) = cluster().await;
    let vault = Arc::new(Mutex::new("bob-secret"));
    let asked = Arc::clone(&vault);
    let builder =
        builder(&broker).secrets(move |_: &str| Ok(SecretString::from(*asked.lock().unwrap())));
    let password = SettingValue::secret("kafka/bob");
    let settings = secured
        .sasl("rotating", "SCRAM-SHA-256", "bob", password)
        // Refusals are far apart.
        .and("reconnect_backoff_max_ms", "30s");
    let kafka = settings.on(builder, "both.changing").build();
    let (both, running, handled) = start(&kafka).await;
    publish(&both, 0..1).await;
    soon("the first record", || handled.load(Ordering::SeqCst) == 1).await;
    assert!(kafka.status().is_healthy());

    let at_broker = Password(&secured);
    at_broker.change("bob-fourth-secret");
    let began = Instant::now();
    let said = loop {
        let status = kafka.status();
        let problem = status.problems().map(|problem| problem.to_string()).next();
        if let Some(problem) = problem {
            break problem;
        }
        assert!(began.elapsed() < BOUND, "nothing is said: {status:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let took = began.elapsed().as_millis();
    println!("| SCRAM-SHA-256 | password, of a running service | {said} | {took} ms |");
    assert!(said.contains("Both.changing"), "{said}");
    assert!(said.contains("refused the client as `bob`"), "{said}");
    assert!(kafka.status().is_live(), "it may become right");
    // The other one goes on.
    let before = both.beside.status().handled;
    both.beside.publish(&Beside { id: 1 }).await.unwrap();
    let goes_on = both
        .beside
        .wait_until(SOON, |status| status.handled > before);
    assert!(goes_on.await.is_some(), "{:#?}", kafka.status());

    // Another one produced meanwhile.
    broker
        .plain()
        .produce("secured-changing", [RawRecord::of(0, r#"{"id":1}"#)]);
    *vault.lock().unwrap() = "bob-fourth-secret";
    let consumes = both
        .changing
        .wait_until(2 * SOON, |status| status.handled >= 2);
    assert!(consumes.await.is_some(), "{:#?}", kafka.status());
    soon("no problem", || kafka.status().is_healthy()).await;
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn brokers_that_are_away_are_a_problem_and_the_session_goes_on() {
    let (broker, secured) = cluster().await;
    let password = || SettingValue::secret("bob-secret");
    let settings = secured.sasl("sasl", "SCRAM-SHA-256", "bob", password());
    let builder = builder(&broker).secrets(|name: &str| Ok(SecretString::from(name)));
    let kafka = settings.on(builder, "both.changing").build();
    let heard = Heard::from(kafka.events());
    let (both, running, handled) = start(&kafka).await;
    publish(&both, 0..1).await;
    soon("the first record", || handled.load(Ordering::SeqCst) == 1).await;

    tokio::task::block_in_place(|| broker.freeze());
    let began = Instant::now();
    let both_say_so = || {
        let status = kafka.status();
        let problems: Vec<_> = status
            .problems()
            .map(|problem| problem.to_string())
            .collect();
        ["Both.shared", "Both.changing"]
            .iter()
            .all(|service| problems.iter().any(|problem| problem.contains(service)))
    };
    while !both_say_so() {
        let status = kafka.status();
        if began.elapsed() > Duration::from_secs(90) {
            tokio::task::block_in_place(|| broker.thaw());
            panic!("nothing is said: {status:#?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let status = kafka.status();
    for problem in status.problems() {
        let took = began.elapsed().as_millis();
        println!("| any | the brokers are away | {problem} | {took} ms |");
        assert!(
            problem.to_string().contains("no broker answered at "),
            "{problem}"
        );
    }
    assert!(status.is_live());
    tokio::task::block_in_place(|| broker.thaw());
    publish(&both, 1..2).await;
    let consumes = both
        .changing
        .wait_until(2 * SOON, |status| status.handled >= 2);
    assert!(consumes.await.is_some(), "{:#?}", kafka.status());
    soon("no problem", || kafka.status().is_healthy()).await;
    let failures = heard.count(|event| matches!(event, Event::ServiceFailed { .. }));
    assert_eq!(failures, 0, "{:#?}", heard.all());
    running.shutdown().await;
}

/// With credentials of its own, of another user and mechanism than the shared consumer's.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bobs-topic")]
#[kafka(dedicated(
    group_id = "bobs-group",
    security_protocol = "sasl_ssl",
    ssl_ca_location = env("KAFKA_MODEL_TEST_CA"),
    sasl_mechanism = "SCRAM-SHA-512",
    sasl_username = "bob",
    sasl_password = env("KAFKA_MODEL_TEST_BOB_PASSWORD"),
))]
struct Bobs {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "alices-topic")]
struct Alices {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(
    group_id = "alices-group",
    security_protocol = "sasl_ssl",
    ssl_ca_location = env("KAFKA_MODEL_TEST_CA"),
    sasl_mechanism = "PLAIN",
    sasl_username = "alice",
    sasl_password = env("KAFKA_MODEL_TEST_ALICE_PASSWORD"),
)]
struct Attributes {
    alices: Topic<Alices>,
    bobs: Topic<Bobs>,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_dedicated_type_has_credentials_of_its_own_by_its_attributes() {
    let broker = Broker::with(&[("alices-topic", 1), ("bobs-topic", 1)]).await;
    let secured = Secured::beside();
    // Each may do what is its own only.
    for user in ["alice", "bob"] {
        for kind in ["topic", "group"] {
            secured.control(&["allow", user, "all", kind, &format!("{user}s-{kind}")]);
        }
    }
    let kafka = Kafka::builder()
        .bootstrap_servers(secured.address("sasl"))
        .build();
    let model = Attributes::register_all(&kafka).unwrap();
    let report = kafka.check().await;
    assert!(report.is_ok(), "{report}");
    model.alices.handle(async |_: Alices| ()).unwrap();
    model.bobs.handle(async |_: Bobs| ()).unwrap();
    let running = kafka.start().await.unwrap();
    for id in 0..3 {
        model.alices.publish(&Alices { id }).await.unwrap();
        model.bobs.publish(&Bobs { id }).await.unwrap();
    }
    let alices = model.alices.wait_until(SOON, |status| status.handled == 3);
    assert!(alices.await.is_some(), "{:#?}", kafka.status());
    let bobs = model.bobs.wait_until(SOON, |status| status.handled == 3);
    assert!(bobs.await.is_some(), "{:#?}", kafka.status());
    assert!(kafka.status().is_healthy(), "{:#?}", kafka.status());
    assert!(running.shutdown().await.is_clean());
    drop(broker);
}
