//! TLS, SASL and ACLs on a real Kafka: what is right connects, and what is wrong is told apart.
#![cfg(feature = "ssl")]

use std::time::{Duration, Instant, SystemTime};

use kafka_model::{
    Kafka, KafkaBuilder, KafkaMessage, KafkaModel, Running, SecretString, SettingValue, Topic,
};
use kafka_model_tests::{Broker, SOON, Secured, Settings, token};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// On the plaintext listener, whatever becomes of the others.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-plain")]
struct Plain {
    id: u64,
}

/// What is tried.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secured-tried", dead_letter = "secured-tried.dead")]
#[kafka(dedicated(group_id = "secured-tried"))]
struct Tried {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-plain")]
struct Both {
    plain: Topic<Plain>,
    tried: Topic<Tried>,
}

/// Alice may not see this topic.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "private-topic", dedicated(group_id = "secured-private"))]
struct Private {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-plain-beside-private")]
struct WithPrivate {
    plain: Topic<Plain>,
    tried: Topic<Private>,
}

/// Alice may see this topic, and not read it.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "described-topic", dedicated(group_id = "secured-described"))]
struct Described {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "secured-plain-beside-described")]
struct WithDescribed {
    plain: Topic<Plain>,
    tried: Topic<Described>,
}

/// How soon it must be said what is wrong.
const BOUND: Duration = Duration::from_secs(20);

/// A provider of secrets to which each secret is its own name.
fn builder() -> KafkaBuilder {
    Kafka::builder()
        .connect_timeout(Duration::from_secs(3))
        .secrets(|name: &str| Ok(SecretString::from(name)))
}

/// Alice with this password and mechanism, on a listener.
fn sasl(secured: &Secured, listener: &str, mechanism: &str, password: &str) -> Settings {
    secured.sasl(listener, mechanism, "alice", SettingValue::secret(password))
}

fn tls(secured: &Secured, listener: &str, ca: &str) -> Settings {
    Settings::default()
        .and("bootstrap_servers", secured.address(listener))
        .and("security_protocol", "ssl")
        .and("ssl_ca_location", secured.file(ca))
}

fn mtls(secured: &Secured, client: &str) -> Settings {
    tls(secured, "mtls", "ca.pem")
        .and(
            "ssl_certificate_location",
            secured.file(&format!("{client}.pem")),
        )
        .and("ssl_key_location", secured.file(&format!("{client}.key")))
}

fn in_an_hour() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3_600)
}

async fn cluster() -> (Broker, Secured) {
    let topics = [
        ("secured-plain", 1),
        ("secured-tried", 1),
        ("secured-tried.dead", 1),
    ];
    (Broker::with(&topics).await, Secured::beside())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn each_mechanism_connects_when_it_is_right() {
    let (broker, secured) = cluster().await;
    let unsecured = secured
        .oauth("sasl")
        .and("enable_sasl_oauthbearer_unsecure_jwt", true)
        .and(
            "sasl_oauthbearer_config",
            SettingValue::secret("principal=alice"),
        );
    let password = |mechanism| sasl(&secured, "sasl", mechanism, "alice-secret");
    for (name, settings) in [
        ("TLS with a client certificate", mtls(&secured, "alice")),
        ("PLAIN", password("PLAIN")),
        ("SCRAM-SHA-256", password("SCRAM-SHA-256")),
        ("SCRAM-SHA-512", password("SCRAM-SHA-512")),
        ("OAUTHBEARER, unsecured", unsecured),
        (
            "OAUTHBEARER, the program's own tokens",
            secured.oauth("sasl"),
        ),
    ] {
        let began = Instant::now();
        let builder = builder()
            .bootstrap_servers(broker.address())
            .oauth_tokens(|_: &str, _: Option<&str>| Ok(token("alice", in_an_hour())));
        let kafka = settings.on(builder, "both.tried").build();
        let both = Both::register_all(&kafka).unwrap();
        both.plain.handle(async |_: Plain| ()).unwrap();
        both.tried.handle(async |_: Tried| ()).unwrap();
        let report = kafka.check().await;
        assert!(report.is_ok(), "{name}: {report}");
        let running = kafka.start().await.unwrap();
        for id in 0..3 {
            both.tried.publish(&Tried { id }).await.unwrap();
        }
        let handled = both.tried.wait_until(SOON, |status| status.handled >= 3);
        assert!(handled.await.is_some(), "{name}: {:#?}", kafka.status());
        let report = running.shutdown().await;
        assert!(report.is_clean(), "{name}: {report}");
        println!(
            "| {name} | right | connected, published and consumed | {} ms |",
            began.elapsed().as_millis()
        );
    }
}

/// What is said of the tried service within the bound, while the other one goes on.
async fn said(kafka: &Kafka, plain: &Topic<Plain>, running: &Running) -> (String, Duration) {
    let began = Instant::now();
    let text = timeout(BOUND, async {
        loop {
            let status = kafka.status();
            let problem = status
                .problems()
                .map(|problem| problem.to_string())
                .find(|problem| problem.contains("tried") || problem.contains("topic"));
            if let Some(problem) = problem {
                return problem;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let text = text
        .await
        .unwrap_or_else(|_| panic!("nothing is said: {:#?}", running.status()));
    let took = began.elapsed();
    let before = plain.status().handled;
    plain.publish(&Plain { id: 1 }).await.unwrap();
    let goes_on = plain.wait_until(SOON, |status| status.handled > before);
    assert!(goes_on.await.is_some(), "the other service does not go on");
    (text, took)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn what_is_wrong_is_told_apart() {
    let (broker, secured) = cluster().await;
    let wrong = |mechanism| sasl(&secured, "sasl", mechanism, "not-it");
    let refused = "refused the client as `alice`";
    let plain_sasl = |protocol, address: String| {
        Settings::default()
            .and("bootstrap_servers", address)
            .and("security_protocol", protocol)
    };
    let cases = [
        ("PLAIN", "password", wrong("PLAIN"), refused),
        ("SCRAM-SHA-256", "password", wrong("SCRAM-SHA-256"), refused),
        ("SCRAM-SHA-512", "password", wrong("SCRAM-SHA-512"), refused),
        (
            "OAUTHBEARER",
            "provider fails",
            secured.oauth("sasl"),
            "the server is away",
        ),
        (
            "OAUTHBEARER",
            "token of a wrong kind",
            secured
                .oauth("sasl")
                .and("enable_sasl_oauthbearer_unsecure_jwt", true)
                .and(
                    "sasl_oauthbearer_config",
                    SettingValue::secret("principalClaimName=name principal=alice"),
                ),
            "invalid_token",
        ),
        (
            "SCRAM-SHA-512",
            "CA",
            sasl(&secured, "sasl", "SCRAM-SHA-512", "alice-secret")
                .and("ssl_ca_location", secured.file("other-ca.pem")),
            "signed by `ca`, which is none of the authorities that are trusted here",
        ),
        (
            "SCRAM-SHA-512",
            "password, where one of the brokers is away",
            wrong("SCRAM-SHA-512").and(
                "bootstrap_servers",
                format!("{},127.0.0.1:9", secured.address("sasl")),
            ),
            refused,
        ),
        (
            "TLS",
            "CA",
            tls(&secured, "mtls", "other-ca.pem"),
            "signed by `ca`, which is none of the authorities that are trusted here",
        ),
        (
            "TLS",
            "host name",
            tls(&secured, "otherhost", "ca.pem"),
            "is not for `127.0.0.1` but for `elsewhere.example`",
        ),
        (
            "TLS",
            "expired certificate of the broker",
            tls(&secured, "expired", "ca.pem"),
            "its certificate expired at ",
        ),
        (
            "TLS",
            "no client certificate",
            tls(&secured, "mtls", "ca.pem"),
            "it wants a certificate of the client",
        ),
        (
            "TLS",
            "expired client certificate",
            mtls(&secured, "expired-alice"),
            "the client's certificate expired at ",
        ),
        (
            "TLS",
            "client certificate of a stranger",
            mtls(&secured, "stranger"),
            "it does not accept the client's certificate",
        ),
        (
            "plaintext",
            "the listener speaks TLS",
            plain_sasl("plaintext", secured.address("mtls")),
            "speaks TLS",
        ),
        (
            "TLS",
            "the listener is plaintext",
            plain_sasl("ssl", broker.address().to_owned()),
            "does not speak TLS",
        ),
        (
            "TLS",
            "the listener wants SASL",
            tls(&secured, "sasl", "ca.pem"),
            "wants SASL",
        ),
        (
            "PLAIN",
            "the listener is plaintext, without SASL",
            plain_sasl("sasl_plaintext", broker.address().to_owned())
                .and("sasl_mechanism", "PLAIN")
                .and("sasl_username", "alice")
                .and("sasl_password", SettingValue::secret("alice-secret")),
            "takes no SASL",
        ),
    ];
    for (mechanism, what, settings, expected) in cases {
        let builder = builder()
            .bootstrap_servers(broker.address())
            .oauth_tokens(|_: &str, _: Option<&str>| Err("the server is away".into()));
        let kafka = settings.on(builder, "both.tried").build();
        let both = Both::register_all(&kafka).unwrap();
        both.plain.handle(async |_: Plain| ()).unwrap();
        both.tried.handle(async |_: Tried| ()).unwrap();
        let running = kafka.start().await.unwrap();
        let (text, took) = said(&kafka, &both.plain, &running).await;
        println!(
            "| {mechanism} | {what} | {text} | {} ms |",
            took.as_millis()
        );
        assert!(text.contains(expected), "{mechanism}, {what}: {text}");
        assert!(!text.contains("not-it"), "{text}");
        running.shutdown().await;
    }
}

/// A check finds one problem, which says this.
async fn check_says(kafka: &Kafka, expected: &str) {
    let report = kafka.check().await;
    let problems: Vec<_> = report.problems().iter().map(ToString::to_string).collect();
    println!("| check | | {} | |", problems.join("; "));
    assert!(
        problems.len() == 1 && problems[0].contains(expected),
        "{expected}: {report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn a_start_of_which_all_services_are_refused_says_why_of_each() {
    let (broker, secured) = cluster().await;
    let wrong = sasl(&secured, "sasl", "SCRAM-SHA-512", "not-it");
    let builder = builder().bootstrap_servers(broker.address());
    let kafka = wrong.on(builder, "both").build();
    let both = Both::register_all(&kafka).unwrap();
    check_says(&kafka, "refused the client as `alice`").await;
    both.plain.handle(async |_: Plain| ()).unwrap();
    both.tried.handle(async |_: Tried| ()).unwrap();
    let error = timeout(BOUND, kafka.start()).await.unwrap().unwrap_err();
    let text = error.to_string();
    let line = text.replace('\n', " ");
    println!("| SCRAM-SHA-512 | password, of all services | {line} | |");
    for service in ["Both.shared", "Both.tried"] {
        assert!(text.contains(service), "{text}");
    }
    let times = text.matches("refused the client as `alice`").count();
    assert_eq!(times, 2, "{text}");
    assert!(!text.contains("not-it"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the secured Kafka: tests/kafka/with-kafka.sh --secured"]
async fn what_is_not_allowed_is_named() {
    let (broker, secured) = cluster().await;
    for topic in ["private-topic", "private-dead", "described-topic"] {
        broker.create_topic(topic, 1).await;
    }
    secured.control(&["allow", "alice", "describe", "topic", "described-topic"]);
    let alice = || sasl(&secured, "sasl", "SCRAM-SHA-512", "alice-secret");
    let builder = || builder().bootstrap_servers(broker.address());

    // The group.
    let settings = alice().and("group_id", "private-group");
    let kafka = settings.on(builder(), "both.tried").build();
    let both = Both::register_all(&kafka).unwrap();
    check_says(
        &kafka,
        "be a member of the group `private-group`: grant READ",
    )
    .await;
    both.plain.handle(async |_: Plain| ()).unwrap();
    both.tried.handle(async |_: Tried| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let (text, took) = said(&kafka, &both.plain, &running).await;
    println!("| ACL | group | {text} | {} ms |", took.as_millis());
    assert!(text.contains("the group `private-group`"), "{text}");
    running.shutdown().await;

    // The topic, which it may not even see.
    let kafka = alice().on(builder(), "with_private.tried").build();
    let model = WithPrivate::register_all(&kafka).unwrap();
    check_says(&kafka, "private-topic").await;
    model.plain.handle(async |_: Plain| ()).unwrap();
    model.tried.handle(async |_: Private| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let (text, took) = said(&kafka, &model.plain, &running).await;
    println!("| ACL | topic | {text} | {} ms |", took.as_millis());
    assert!(text.contains("the topic `private-topic`"), "{text}");
    assert!(!model.tried.status().missing, "it is there");
    // And is consumed when it may be.
    secured.control(&[
        "allow",
        "alice",
        "read,describe,write",
        "topic",
        "private-topic",
    ]);
    model.tried.publish(&Private { id: 1 }).await.unwrap();
    let handled = model.tried.wait_until(SOON, |status| status.handled == 1);
    assert!(handled.await.is_some(), "{:#?}", running.status());
    // Until that is taken away.
    secured.control(&[
        "forbid",
        "alice",
        "read,describe,write",
        "topic",
        "private-topic",
    ]);
    let (text, _) = said(&kafka, &model.plain, &running).await;
    assert!(text.contains("the topic `private-topic`"), "{text}");
    running.shutdown().await;

    // The topic, which it may see and not read.
    let kafka = alice().on(builder(), "with_described.tried").build();
    let model = WithDescribed::register_all(&kafka).unwrap();
    check_says(&kafka, "read the topic `described-topic`: grant READ").await;
    model.plain.handle(async |_: Plain| ()).unwrap();
    model.tried.handle(async |_: Described| ()).unwrap();
    let running = kafka.start().await.unwrap();
    let (text, took) = said(&kafka, &model.plain, &running).await;
    println!(
        "| ACL | topic, reading | {text} | {} ms |",
        took.as_millis()
    );
    assert!(text.contains("the topic `described-topic`"), "{text}");
    running.shutdown().await;

    // The dead-letter topic.
    let settings = alice().and("dead_letter", "private-dead");
    let kafka = settings.on(builder(), "both.tried").build();
    let both = Both::register_all(&kafka).unwrap();
    check_says(&kafka, "private-dead").await;
    both.plain.handle(async |_: Plain| ()).unwrap();
    both.tried
        .handle(async |_: Tried| Err::<(), _>(std::io::Error::other("no")))
        .unwrap();
    let running = kafka.start().await.unwrap();
    both.tried.publish(&Tried { id: 9 }).await.unwrap();
    let (text, took) = said(&kafka, &both.plain, &running).await;
    println!(
        "| ACL | dead-letter topic | {text} | {} ms |",
        took.as_millis()
    );
    assert!(
        text.contains("`private-dead`") && text.contains("WRITE"),
        "{text}"
    );
    running.shutdown().await;
}
