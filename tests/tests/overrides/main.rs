//! What operations change without a new build, and what they cannot break.

mod credentials;
mod environment;
mod groups;
mod published;

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

use kafka_model::{Kafka, KafkaMessage, KafkaModel, ModelDescription, SettingValue, Topic};
use kafka_model_tests::{Broker, RawRecord, soon};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-alerts", key = service, pinned(order = "key"))]
#[kafka(dedicated(
    group_id = "overrides-alerts",
    session_timeout_ms = "6s",
    max_poll_interval_ms = "10s",
    max_buffered = 100
))]
struct Alert {
    service: String,
}

/// On a cluster of its own.
#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-audit")]
#[kafka(dedicated(group_id = "overrides-audit", bootstrap_servers = "audit:9092"))]
struct Audit {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-events", max_buffered = 1_000)]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "overrides", max_poll_interval_ms = "5m")]
#[allow(dead_code, reason = "only described")]
struct ManyThings {
    alerts: Topic<Alert>,
    audit: Topic<Audit>,
    #[kafka(max_buffered = 500)]
    events: Topic<Event>,
}

/// A file with this text, which is there as long as this.
struct File(PathBuf);

impl File {
    fn with(name: &str, text: &str) -> Self {
        let name = format!("kafka-model-{}-{name}.toml", std::process::id());
        let path = env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }

    /// `text` without the folder.
    fn shorten(&self, text: &str) -> String {
        text.replace(self.0.to_str().unwrap(), "kafka.toml")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The value of a setting and where it comes from, as `field` (or else the shared consumer) has it.
fn find(model: &ModelDescription, field: Option<&str>, name: &str) -> Option<(String, String)> {
    let service = model
        .services
        .iter()
        .find(|service| match field {
            Some(field) => service.topics.iter().any(|topic| topic.field == field),
            None => !service.dedicated,
        })
        .unwrap();
    let topic = service
        .topics
        .iter()
        .filter(|topic| Some(topic.field.as_str()) == field)
        .flat_map(|topic| &topic.settings);
    let mut all = service.settings.iter().chain(topic);
    let found = all.find(|setting| setting.setting == name)?;
    Some((found.value.clone(), found.from.clone()))
}

fn pair(value: &str, from: &str) -> Option<(String, String)> {
    Some((value.to_owned(), from.to_owned()))
}

#[test]
fn all_mistakes_are_said_at_once_each_with_its_place() {
    let file = File::with(
        "mistakes",
        "max_buffered = 0\n\
         [many_things]\n\
         sesion_timeout_ms = \"30s\"\n\
         enable_auto_commit = true\n\
         sasl_password = \"hunter2\"\n\
         [many_things.alerts]\n\
         order = \"none\"\n\
         max_buffered = \"200\"\n\
         retry = { attempts = [1] }\n\
         [many_things.event]\n\
         max_buffered = 10\n\
         [many_things.events]\n\
         session_timeout_ms = \"6s\"\n",
    );
    let kafka = Kafka::builder()
        .set("many_things.alerts.concurrency", 5_000)
        .settings_file(&file.0)
        .settings_file("/no/such/kafka.toml")
        .build();
    let error = ManyThings::register_all(&kafka).map(|_| ()).unwrap_err();
    let here = line!() - 5;
    let text = file.shorten(&error.to_string());
    let expected = format!(
        "the model `ManyThings` cannot be registered:\n  \
         - /no/such/kafka.toml: it cannot be read: No such file or directory (os error 2)\n  \
         - kafka.toml:11: the model `ManyThings` has no field `event`: did you mean `events`?\n  \
         - kafka.toml:1: `max_buffered` is 0, but must be from 1 to 10000000\n  \
         - tests/tests/overrides/main.rs:{here}: `concurrency` is 5000, but must be from 1 to 4096\n  \
         - kafka.toml:8: `max_buffered` is \"200\", but takes a number: write 200 without quotes\n  \
         - kafka.toml:7: `order` is pinned by the message type, so that no override changes it: leave it out, or \
         remove it from `pinned(...)`\n  \
         - kafka.toml:9: `retry(attempts)` takes one value, not a list\n  \
         - kafka.toml:4: `enable_auto_commit` is not for you to set: offsets are committed when their records are \
         handled: use `delivery` and `commit_interval_ms`\n  \
         - kafka.toml:13: `session_timeout_ms` configures a consumer connection, but `events` shares its consumer: \
         override it for the whole model, without the field's name\n  \
         - kafka.toml:5: `sasl_password` is a secret, and a secret never stands among settings: name where it is, in \
         TOML sasl_password = {{ env = \"NAME\" }}, {{ file = \"/path\" }} or {{ secret = \"name\" }}, in code \
         `SettingValue::env(\"NAME\")`\n  \
         - kafka.toml:3: unknown setting `sesion_timeout_ms`: did you mean `session_timeout_ms`?\n  \
         - ManyThings: no broker address"
    );
    let same: String = text.chars().take(expected.chars().count()).collect();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&same), sorted(&expected), "{text}");
}

#[test]
fn a_rule_that_only_the_combination_breaks_names_what_was_overridden() {
    let file = File::with("combination", "session_timeout_ms = \"30s\"\n");
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .settings_file(&file.0)
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err();
    assert_eq!(
        file.shorten(&error.to_string()),
        "the model `ManyThings` cannot be registered:\n  \
         - ManyThings.alerts (Alert): session_timeout_ms (30000, given by an override of the process) must not exceed \
         max_poll_interval_ms (10000, given by the message type's `dedicated(...)`): lower session_timeout_ms, for \
         instance to \"10s\", or raise max_poll_interval_ms (session_timeout_ms comes from kafka.toml:1)"
    );
}

#[test]
fn a_mistake_hides_no_rule_that_has_nothing_to_do_with_it() {
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("many_things.alerts.max_buffered", 0)
        .set("many_things.alerts.session_timeout_ms", "30s")
        .set("many_things.audit.sesion_timeout_ms", "20s")
        .set("many_things.audit.max_poll_interval_ms", "5s")
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert!(error.contains("`max_buffered` is 0"), "{error}");
    assert!(
        !error.contains("ManyThings.audit (Audit)"),
        "its session timeout was misspelt: {error}"
    );
    // That may be the mistake in both, so it waits for the second round.
    assert!(!error.contains("must not exceed"), "{error}");
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("many_things.alerts.max_buffered", 0)
        .set("many_things.alerts.session_timeout_ms", "30s")
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert!(error.contains("`max_buffered` is 0"), "{error}");
    assert!(
        error.contains(
            "session_timeout_ms (30000, given by an override of the field) must not exceed"
        ),
        "{error}"
    );
}

#[test]
fn brokers_that_were_refused_are_not_said_to_be_missing() {
    let kafka = Kafka::builder().bootstrap_servers("main:port").build();
    let error = ManyThings::register_all(&kafka).map(drop).unwrap_err();
    let error = error.to_string();
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.contains("`bootstrap_servers`"), "{error}");
}

#[test]
fn a_key_that_is_no_name_is_an_unknown_setting() {
    let file = File::with("keys", "\"y[-1]\" = 2\n\"many_things.order\" = \"none\"\n");
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("x[9223372036854775807]", 1)
        .settings_file(&file.0)
        .build();
    let here = line!() - 3;
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    let error = file.shorten(&error);
    for expected in [
        &format!(
            "- tests/tests/overrides/main.rs:{here}: unknown setting `x[9223372036854775807]`"
        ),
        "- kafka.toml:1: unknown setting `y[-1]`",
        "- kafka.toml:2: unknown setting `many_things.order`",
    ] {
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_override_reaches_what_it_addresses() {
    let file = File::with(
        "reach",
        "max_buffered = 50\n\
         order = \"none\"\n\
         group_id = \"renamed\"\n\
         [many_things]\n\
         session_timeout_ms = \"20s\"\n\
         [many_things.events]\n\
         max_buffered = 70\n",
    );
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("many_things.events.max_buffered", 60)
        .settings_file(&file.0)
        .build();
    let model = ManyThings::describe(&kafka).unwrap();
    let at = |line: u32| format!("{}:{line}", file.0.display());
    // The whole process, over all attributes; but a field's own over that, and the file's over the code's.
    assert_eq!(
        find(&model, Some("alerts"), "max_buffered"),
        pair("50", &at(1))
    );
    assert_eq!(
        find(&model, Some("events"), "max_buffered"),
        pair("70", &at(7))
    );
    assert_eq!(find(&model, Some("events"), "order"), pair("none", &at(2)));
    // Not what is pinned.
    assert_eq!(
        find(&model, Some("alerts"), "order"),
        pair("key", "on the type, pinned")
    );
    // A dedicated consumer keeps its group, and its own way to its brokers.
    let groups: Vec<_> = model
        .services
        .iter()
        .map(|service| service.group.as_str())
        .collect();
    assert_eq!(groups, ["renamed", "overrides-alerts", "overrides-audit"]);
    let brokers = |field| find(&model, field, "bootstrap_servers").unwrap();
    assert_eq!(brokers(Some("alerts")).0, "main:9092");
    assert_eq!(
        brokers(Some("audit")),
        pair("audit:9092", "in the type's `dedicated(...)`").unwrap()
    );
    // The model's is what its attribute would be: a dedicated type's own word stays.
    let session = |field| find(&model, field, "session_timeout_ms");
    assert_eq!(session(None), pair("20s", &at(5)));
    assert_eq!(
        session(Some("alerts")),
        pair("6s", "in the type's `dedicated(...)`")
    );
    assert_eq!(session(Some("audit")), pair("20s", &at(5)));
    let json = serde_json::to_value(&model).unwrap();
    assert_eq!(json["services"][1]["topics"][0]["max_buffered"], 50);
}

#[test]
fn two_names_of_one_setting_are_a_mistake() {
    let kafka = Kafka::builder()
        .bootstrap_servers("a:1")
        .set("metadata_broker_list", "b:1")
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert!(
        error.contains("it is another name of `bootstrap_servers`"),
        "{error}"
    );
}

#[tokio::test]
async fn overrides_of_a_model_that_is_not_registered_are_a_mistake() {
    let file = File::with("nobody", "[reporting]\nsession_timeout_ms = \"30s\"\n");
    let kafka = Kafka::builder()
        .bootstrap_servers("127.0.0.1:9")
        .set("runing.jobs.max_buffered", 1)
        .set("another_service.jobs.max_buffered", 1)
        .settings_file(&file.0)
        .build();
    let here = line!() - 4;
    let model = Running::register_all(&kafka).unwrap();
    model.jobs.handle(async |_: Job| ()).unwrap();
    let error = kafka.start().await.map(drop).unwrap_err().to_string();
    let next = here + 1;
    assert_eq!(
        file.shorten(&error),
        format!(
            "overrides of models that are not registered:\n  \
             - tests/tests/overrides/main.rs:{next}: no model `another_service` is registered: it is `running`; register \
             the model, or remove what is said of it\n  \
             - kafka.toml:2: no model `reporting` is registered: it is `running`; register the model, or remove what is \
             said of it\n  \
             - tests/tests/overrides/main.rs:{here}: no model `runing` is registered: did you mean `running`?"
        )
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-run", dead_letter = "overrides-run.dead")]
struct Job {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "overrides-run")]
struct Running {
    jobs: Topic<Job>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_what_was_overridden() {
    let topics = [("overrides-run", 1), ("overrides-run.other", 1)];
    let broker = Broker::with(&topics).await;
    let records = (0..3).map(|id| RawRecord::of(0, format!(r#"{{"id":{id}}}"#)));
    broker.plain().produce("overrides-run", records);
    let client = File::with("client", "a-client\n");
    let kafka = broker
        .builder()
        .set("running.group_id", "overrides-run-other")
        .set("running.jobs.dead_letter", "overrides-run.other")
        .set(
            "running.client_id",
            SettingValue::file(client.0.to_str().unwrap()),
        )
        .build();
    let model = Running::register_all(&kafka).unwrap();
    model
        .jobs
        .handle(async |job: Job| Err::<(), _>(io::Error::other(format!("not {}", job.id))))
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("all dead letters", || {
        model.jobs.status().dead_lettered == 3
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    let plain = broker.plain();
    assert_eq!(plain.read("overrides-run.other", 3).len(), 3);
    assert_eq!(
        plain.committed("overrides-run-other", "overrides-run", 1),
        [Some(3)]
    );
}
