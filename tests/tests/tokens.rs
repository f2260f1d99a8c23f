//! Tokens of OAUTHBEARER on a real Kafka: refreshed, late, refused, and missing.
#![cfg(feature = "ssl")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use kafka_model::{
    Event, Kafka, KafkaBuilder, KafkaMessage, KafkaModel, OauthToken, ServicePhase, Topic,
};
use kafka_model_tests::{Broker, Heard, SOON, Secured, jwt, soon, token};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-tokens")]
struct Ticket {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-tokens")]
struct Tickets {
    tickets: Topic<Ticket>,
}

/// It does not exist at first.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-later", dedicated(group_id = "secured-later"))]
struct Later {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-tokens-beside-later")]
struct WithLater {
    tickets: Topic<Ticket>,
    later: Topic<Later>,
}

async fn cluster() -> (Broker, Secured) {
    (
        Broker::with(&[("secured-tokens", 1)]).await,
        Secured::beside(),
    )
}

fn after(seconds: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds)
}

/// It is good for ten minutes, and to be refreshed after eight seconds.
fn early() -> OauthToken {
    OauthToken::new(jwt("alice", after(600)), "alice", after(10))
}

fn builder(broker: &Broker) -> KafkaBuilder {
    Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_secs(6))
}

/// How many tokens were asked for on behalf of the consumer.
fn is_consumer(service: &str) -> bool {
    service == "Tickets.shared"
}

/// Publishes one record and waits until it is handled: how long that took.
async fn round(plain: &kafka_model_tests::Plain, tickets: &Topic<Ticket>) -> Duration {
    let before = tickets.status().handled;
    let began = Instant::now();
    let record = kafka_model_tests::RawRecord::of(0, r#"{"id":1}"#);
    tokio::task::block_in_place(|| plain.produce("secured-tokens", [record]));
    let handled = tickets.wait_until(SOON, |status| status.handled > before);
    assert!(handled.await.is_some(), "{:#?}", tickets.status());
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_token_is_refreshed_before_it_expires() {
    let (broker, secured) = cluster().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let asking = Arc::clone(&asked);
    let builder = builder(&broker).oauth_tokens(move |service: &str, _: Option<&str>| {
        if is_consumer(service) {
            asking.fetch_add(1, Ordering::SeqCst);
        }
        Ok(token("alice", after(5)))
    });
    // There, nobody may go on with a token that has expired.
    let kafka = secured.oauth("rotating").on(builder, "tickets").build();
    let model = Tickets::register_all(&kafka).unwrap();
    model.tickets.handle(async |_: Ticket| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let plain = broker.plain();
    let begun = asked.load(Ordering::SeqCst);
    while asked.load(Ordering::SeqCst) < begun + 3 {
        round(&plain, &model.tickets).await;
    }
    let status = kafka.status();
    assert!(status.is_healthy(), "{status:#?}");
    let service = &status.services[0];
    assert_eq!(service.phase, ServicePhase::Running);
    // A connection that shows its token again too early for the broker is made anew; none is refused for its token.
    let error = service.last_error.as_ref().map(ToString::to_string);
    let refused = error
        .as_ref()
        .is_some_and(|error| error.contains("authentication error"));
    assert!(!refused, "{error:?}");
    println!("| OAUTHBEARER | right, refreshed 3 times | consumed | |");
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn nothing_waits_for_a_provider_that_hangs_while_its_last_token_is_good() {
    let (broker, secured) = cluster().await;
    // Questions hang from a moment on, until this is dropped.
    let (answers, answer) = std::sync::mpsc::channel::<()>();
    let answer = Mutex::new(answer);
    let from_now_on = Arc::new(AtomicBool::new(false));
    let hangs = Arc::new(AtomicUsize::new(0));
    let (hanging, hang) = (Arc::clone(&hangs), Arc::clone(&from_now_on));
    let builder = builder(&broker).oauth_tokens(move |service: &str, _: Option<&str>| {
        if is_consumer(service) && hang.load(Ordering::SeqCst) {
            hanging.fetch_add(1, Ordering::SeqCst);
            let _ = answer.lock().unwrap().recv();
        }
        Ok(early())
    });
    let kafka = secured.oauth("sasl").on(builder, "tickets").build();
    let model = Tickets::register_all(&kafka).unwrap();
    model.tickets.handle(async |_: Ticket| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let plain = broker.plain();
    round(&plain, &model.tickets).await;
    from_now_on.store(true, Ordering::SeqCst);
    soon("a refresh", || hangs.load(Ordering::SeqCst) >= 1).await;
    let said = || {
        let status = kafka.status();
        let mut problems = status.problems().map(|problem| problem.to_string());
        problems.next()
    };
    let mut slowest = Duration::ZERO;
    let began = Instant::now();
    // It is said after five seconds; all the time records are handled as ever.
    while said().is_none() {
        assert!(began.elapsed() < SOON, "nothing is said");
        slowest = slowest.max(round(&plain, &model.tickets).await);
    }
    let text = said().unwrap();
    println!("| OAUTHBEARER | provider hangs, of a running service | {text} | |");
    assert!(text.contains("the token provider did not answer"), "{text}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(kafka.status().is_live());
    drop(answers);
    soon("no problem", || said().is_none()).await;
    round(&plain, &model.tickets).await;
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_provider_that_fails_does_not_end_a_session_whose_token_is_good() {
    let (broker, secured) = cluster().await;
    let failures = Arc::new(AtomicUsize::new(0));
    let from_now_on = Arc::new(AtomicBool::new(false));
    let (failing, fail) = (Arc::clone(&failures), Arc::clone(&from_now_on));
    let builder = builder(&broker).oauth_tokens(move |service: &str, _: Option<&str>| {
        if is_consumer(service) && fail.load(Ordering::SeqCst) {
            // Each time in other words.
            let request = failing.fetch_add(1, Ordering::SeqCst) + 1;
            return Err(format!("request {request}: the server is away").into());
        }
        Ok(early())
    });
    let kafka = secured.oauth("sasl").on(builder, "tickets").build();
    let model = Tickets::register_all(&kafka).unwrap();
    model.tickets.handle(async |_: Ticket| ()).unwrap();
    let heard = Heard::from(kafka.events());
    let running = kafka.start().await.unwrap();
    let plain = broker.plain();
    round(&plain, &model.tickets).await;
    from_now_on.store(true, Ordering::SeqCst);
    // Ten seconds lie between two of them.
    while failures.load(Ordering::SeqCst) < 4 {
        round(&plain, &model.tickets).await;
    }
    let status = kafka.status();
    let problem = status.problems().map(|problem| problem.to_string()).next();
    let problem = problem.expect("a problem");
    println!("| OAUTHBEARER | provider fails, of a running service | {problem} | |");
    assert!(problem.contains("the server is away"), "{problem}");
    assert_eq!(status.services[0].phase, ServicePhase::Running);
    let ended = heard.count(|event| matches!(event, Event::ServiceFailed { .. }));
    assert_eq!(ended, 0, "{:#?}", heard.all());
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_token_that_the_broker_rejects_or_that_cannot_be_sent_is_not_shown() {
    let (broker, secured) = cluster().await;
    for (what, text, expected) in [
        (
            "token that the broker rejects",
            "s3cret-token",
            "invalid_token",
        ),
        (
            "token that cannot be sent",
            "s3cret-\u{7}-token",
            "cannot be sent",
        ),
    ] {
        let builder = builder(&broker).oauth_tokens(move |_: &str, _: Option<&str>| {
            Ok(OauthToken::new(text.to_owned(), "alice", after(60)))
        });
        let kafka = secured.oauth("sasl").on(builder, "tickets").build();
        let model = Tickets::register_all(&kafka).unwrap();
        model.tickets.handle(async |_: Ticket| ()).unwrap();
        let error = timeout(SOON, kafka.start()).await.unwrap().unwrap_err();
        let line = error.to_string().replace('\n', " ");
        println!("| OAUTHBEARER | {what} | {line} | |");
        let said = format!("{error} {:#?}", kafka.status());
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_topic_that_appears_is_noticed_by_one_client_that_logs_in_once() {
    let (broker, secured) = cluster().await;
    tokio::task::block_in_place(|| secured.control(&["create-topic", "secured-later", "1"]));
    broker.plain().delete_topic("secured-later").await;
    let asked = Arc::new(AtomicUsize::new(0));
    let asking = Arc::clone(&asked);
    let builder = builder(&broker).oauth_tokens(move |service: &str, _: Option<&str>| {
        if service == "WithLater.later" {
            asking.fetch_add(1, Ordering::SeqCst);
        }
        // An authorization server takes its time.
        std::thread::sleep(Duration::from_millis(300));
        Ok(token("alice", after(3_600)))
    });
    let kafka = secured.oauth("sasl").on(builder, "with_later").build();
    let model = WithLater::register_all(&kafka).unwrap();
    model.tickets.handle(async |_: Ticket| ()).unwrap();
    model.later.handle(async |_: Later| ()).unwrap();
    let running = kafka.start().await.unwrap();
    soon("that it is missing", || model.later.status().missing).await;
    // The one that counted, the consumer, and the one that looks for it.
    soon("all clients", || asked.load(Ordering::SeqCst) >= 3).await;
    // A check goes on beside the services, by a client of its own.
    let before = asked.load(Ordering::SeqCst);
    let more = timeout(Duration::from_secs(4), async {
        while asked.load(Ordering::SeqCst) <= before + 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let all = || asked.load(Ordering::SeqCst);
    assert!(more.await.is_err(), "{before}, then {} tokens", all());
    broker.create_topic("secured-later", 1).await;
    let began = Instant::now();
    soon("that it is there", || !model.later.status().missing).await;
    println!(
        "| OAUTHBEARER | right, a topic that appears | noticed | {} ms |",
        began.elapsed().as_millis()
    );
    assert!(began.elapsed() < Duration::from_secs(5));
    model.later.publish(&Later { id: 1 }).await.unwrap();
    let handled = model.later.wait_until(SOON, |status| status.handled == 1);
    assert!(handled.await.is_some(), "{:#?}", kafka.status());
    assert!(running.shutdown().await.is_clean());
}
