//! What is logged: every change of state, the client's own lines, and never a secret.

use std::env;
use std::future::ready;
use std::process::Command;
use std::time::Duration;

use kafka_model::embedded::{BrokerError, Request};
use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, ServicePhase, Topic};
use kafka_model_tests::{Broker, RawRecord, capture_logs, soon};
use serde::{Deserialize, Serialize};

fn records(ids: std::ops::Range<u64>) -> impl Iterator<Item = RawRecord> {
    ids.map(|id| RawRecord::of(0, format!("{{\"id\":{id}}}")))
}

/// From the start to the end, each change of a service's state is an event that names the service.
#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_state_is_logged() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "logs-changes")]
    struct Event {
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "logs-changes-other")]
    struct Other {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "logs-changes", commit_interval_ms = "10ms")]
    struct LogsChanges {
        events: Topic<Event>,
        other: Topic<Other>,
    }

    let logs = capture_logs();
    let broker = Broker::with(&[("logs-changes", 1), ("logs-changes-other", 1)]).await;
    let kafka = broker.kafka();
    let model = LogsChanges::register_all(&kafka).unwrap();
    model
        .events
        .handle(async |event: Event| if event.id == 5 { Err("five") } else { Ok(()) })
        .unwrap();
    model.other.handle(async |_: Other| ()).unwrap();
    let logged = |parts: &[&str]| {
        let mut all = vec!["LogsChanges.shared"];
        all.extend(parts);
        logs.lines(&all).len()
    };

    let running = kafka.start().await.unwrap();
    broker.plain().produce("logs-changes", records(0..3));
    soon("three", || model.events.status().handled == 3).await;
    assert_eq!(logged(&[" INFO ", "connecting"]), 1);
    assert_eq!(logged(&[" INFO ", "connected"]), 1);
    assert!(
        logged(&[
            " INFO ",
            "partitions assigned",
            "group=logs-changes",
            "assigned=2"
        ]) >= 1
    );

    // One topic is stopped: its partition is given up; then all are.
    assert!(model.other.stop().await);
    soon("the word of it", || {
        logged(&[" INFO ", "partitions given up", "revoked=1"]) == 1
    })
    .await;
    assert!(model.events.stop().await);
    soon("idleness", || {
        kafka.status().services[0].phase == ServicePhase::Idle
    })
    .await;
    assert_eq!(logged(&[" INFO ", "idle"]), 1);
    model.events.start();
    soon("another connection", || {
        logged(&[" INFO ", "connected"]) == 2
    })
    .await;

    if let Broker::Embedded(broker) = &broker {
        broker
            .fail_requests(Request::OffsetCommit, &[BrokerError::Unknown; 2])
            .unwrap();
    }
    broker.plain().produce("logs-changes", records(3..8));
    soon("the halt", || model.events.status().halted().count() == 1).await;
    soon("the commit", || {
        model.events.status().partitions[0].committed == Some(5)
    })
    .await;
    let halt = [
        "message_type=\"Event\"",
        "topic=logs-changes ",
        "partition=0",
        "offset=5",
        "five",
    ];
    assert_eq!(logs.lines(&halt).len(), 1);
    assert!(logs.lines(&halt)[0].contains(" ERROR "));
    if !broker.is_real() {
        assert!(logged(&[" WARN ", "commit failed", "group=logs-changes", "retry_in="]) >= 1);
    }
    let report = running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(logged(&[" INFO ", "client closed"]), 2);
    assert_eq!(logged(&[" INFO ", "stopped"]), 1);
    // Nothing that went well is a warning.
    let complaints: Vec<_> = logs
        .lines(&["LogsChanges.shared"])
        .into_iter()
        .filter(|line| line.contains(" WARN ") || line.contains(" ERROR "))
        .filter(|line| !line.contains("commit failed") && !line.contains("partition halted"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// `debug = "…"` is one service's, and its lines come by tracing.
#[tokio::test(flavor = "multi_thread")]
async fn the_clients_lines_are_those_of_their_service() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(
        topic = "logs-debug",
        dedicated(group_id = "logs-debug", debug = "cgrp")
    )]
    struct Loud {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "logs-quiet")]
    struct Quiet {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "logs-quiet")]
    struct LogsDebug {
        loud: Topic<Loud>,
        quiet: Topic<Quiet>,
    }

    let logs = capture_logs();
    let broker = Broker::with(&[("logs-debug", 1), ("logs-quiet", 1)]).await;
    for topic in ["logs-debug", "logs-quiet"] {
        broker.plain().produce(topic, records(0..3));
    }
    let kafka = broker.kafka();
    let model = LogsDebug::register_all(&kafka).unwrap();
    model.loud.handle(|_: Loud| ready(())).unwrap();
    model.quiet.handle(|_: Quiet| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("all", || {
        model.loud.status().handled == 3 && model.quiet.status().handled == 3
    })
    .await;
    soon("its lines", || {
        let lines = logs.lines(&["DEBUG librdkafka", "LogsDebug.loud", "Group \"logs-debug\""]);
        lines.iter().any(|line| line.contains("join-state"))
    })
    .await;
    let quiet = logs.lines(&["DEBUG librdkafka", "LogsDebug.shared"]);
    assert!(quiet.is_empty(), "{quiet:#?}");
    assert!(running.shutdown().await.is_clean());
}

/// What librdkafka complains about comes as a warning or an error under its own target.
#[tokio::test(flavor = "multi_thread")]
async fn the_clients_complaints_are_logged() {
    #[derive(Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "logs-complaints")]
    struct Event {
        #[allow(dead_code, reason = "only counted")]
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "logs-complaints")]
    struct LogsComplaints {
        events: Topic<Event>,
    }

    let logs = capture_logs();
    let broker = Broker::with(&[("logs-complaints", 1)]).await;
    if broker.is_real() {
        println!("not shown: the tests beside need their broker");
        return;
    }
    let kafka = broker.kafka();
    let model = LogsComplaints::register_all(&kafka).unwrap();
    model.events.handle(|_: Event| ready(())).unwrap();
    let running = kafka.start().await.unwrap();
    soon("an assignment", || {
        !model.events.status().partitions.is_empty()
    })
    .await;
    broker.stop();
    soon("the client's word", || {
        let lines = logs.lines(&[" librdkafka: ", "LogsComplaints.shared", "refused"]);
        lines
            .iter()
            .any(|line| line.contains("ERROR") || line.contains("WARN") || line.contains("INFO"))
    })
    .await;
    soon("the service's", || {
        !logs
            .lines(&[" WARN kafka_model", "LogsComplaints.shared"])
            .is_empty()
    })
    .await;
    broker.start_again();
    broker.plain().produce("logs-complaints", records(0..1));
    soon("recovery", || model.events.status().handled == 1).await;
    assert!(running.shutdown().await.is_clean());
}

const SECRET: &str = "hunter2-3f9c1e";

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "logs-secret")]
#[kafka(dedicated(
    group_id = "logs-secret",
    debug = "all",
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN",
    sasl_username = env("KAFKA_MODEL_TESTS_SECRET"),
    sasl_password = env("KAFKA_MODEL_TESTS_SECRET")
))]
struct Secret {
    #[allow(dead_code, reason = "only counted")]
    id: u64,
}

#[derive(Debug, KafkaModel)]
struct LogsSecret {
    secret: Topic<Secret>,
}

/// The inner half of the next test: it runs in a process that has the secret in its environment.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `no_secret_is_ever_shown`, in a process of its own"]
async fn with_a_secret() {
    if env::var("KAFKA_MODEL_TESTS_SECRET").as_deref() != Ok(SECRET) {
        println!("nothing to hide");
        return;
    }
    let logs = capture_logs();
    let broker = Broker::with(&[("logs-secret", 1)]).await;
    broker.plain().produce("logs-secret", records(0..3));

    // On the embedded broker, which is without security: all runs, and settings of security are not used.
    if !broker.is_real() {
        let kafka = broker.kafka();
        let model = LogsSecret::register_all(&kafka).unwrap();
        model.secret.handle(|_: Secret| ready(())).unwrap();
        let running = kafka.start().await.unwrap();
        soon("its records", || model.secret.status().handled == 3).await;
        println!("{kafka:?} {model:?} {running:?} {:?}", kafka.status());
        println!("{:?}", running.shutdown().await);
    }

    // As if it were a real one: the client is made with the secrets, and does not get in.
    let kafka = Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_millis(500))
        .build();
    let model = LogsSecret::register_all(&kafka).unwrap();
    model.secret.handle(|_: Secret| ready(())).unwrap();
    let error: Error = kafka.start().await.unwrap_err();
    println!("{error} {error:?} {error:#?}");
    println!("{kafka:?} {kafka:#?} {model:?} {:?}", kafka.status());
    println!(
        "{:?}",
        model
            .secret
            .publish(&Secret { id: 1 })
            .await
            .map_err(|error| error.to_string())
            .is_ok()
    );
    println!("{}", logs.text());
    println!("the end");
}

/// Not in a log, not in an error, not in anything that can be printed; whether all goes well, or a broker does not
/// take it. (What compiles is not refused by the client.)
#[test]
fn no_secret_is_ever_shown() {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "with_a_secret",
            "--include-ignored",
            "--nocapture",
        ])
        .env("KAFKA_MODEL_TESTS_SECRET", SECRET)
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && shown.contains("the end"),
        "{shown}"
    );
    // The secret was used: the client was made, and spoke of the mechanism.
    assert!(
        shown.contains("LogsSecret.secret") && shown.contains("SASL"),
        "{shown}"
    );
    let lines: Vec<_> = shown.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}
