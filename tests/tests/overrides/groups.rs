//! Groups that are only known at start, and what is read meanwhile.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use kafka_model::{Kafka, KafkaMessage, KafkaModel, SecretString, SettingValue, Topic};
use serde::{Deserialize, Serialize};

use crate::{Event, File, ManyThings};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-one", dedicated(group_id = secret("one")))]
struct One {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "overrides-two", dedicated(group_id = secret("two")))]
struct Two {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "overrides-named")]
#[allow(dead_code, reason = "only registered")]
struct Named {
    one: Topic<One>,
    two: Topic<Two>,
    events: Topic<Event>,
}

#[test]
fn two_consumers_whose_groups_turn_out_to_be_one_are_refused() {
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .secrets(|_: &str| Ok(SecretString::from("the-same")))
        .build();
    let error = Named::register_all(&kafka).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model `Named` cannot be registered:\n  \
         - Named.two: the group `the-same` is also that of Named.one; the two consumers would share out each other's \
         partitions: give one of them another `group_id`"
    );
}

#[test]
fn a_group_that_cannot_be_read_is_no_group() {
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .secrets(|name: &str| match name {
            "one" => Err("the vault is sealed".into()),
            name => Ok(SecretString::from(name)),
        })
        .build();
    let error = Named::register_all(&kafka).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model `Named` cannot be registered:\n  \
         - Named.one: group_id = secret(\"one\"): the provider of secrets did not give it: the vault is sealed"
    );
    let model = Named::describe(&kafka).unwrap();
    let groups = model.services.iter().map(|service| &*service.group);
    assert_eq!(
        groups.collect::<Vec<_>>(),
        ["overrides-named", "secret(\"one\")", "two"]
    );
}

#[test]
fn a_group_that_two_fields_get_by_overrides_says_from_where() {
    let file = File::with(
        "groups",
        "[many_things.audit]\ngroup_id = \"same\"\n[many_things.alerts]\ngroup_id = \"same\"\n",
    );
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .settings_file(&file.0)
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert_eq!(
        file.shorten(&error),
        "the model `ManyThings` cannot be registered:\n  \
         - ManyThings: `alerts` and `audit` have consumers of their own, but the same group_id = \"same\": each dedicated \
         consumer needs a group of its own (group_id of `alerts` comes from kafka.toml:4; group_id of `audit` comes from \
         kafka.toml:2)"
    );
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("many_things.group_id", "overrides-audit")
        .build();
    let here = line!() - 2;
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert!(
        error.ends_with(&format!(
            "(group_id of the shared consumer comes from {}:{here})",
            file!()
        )),
        "{error}"
    );
}

/// What a slow vault is asked, and what it waits for.
fn slow_vault() -> (
    kafka_model::KafkaBuilder,
    mpsc::Receiver<()>,
    mpsc::Sender<()>,
) {
    let (asked, was_asked) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let asked = Mutex::new(asked);
    let wait = Mutex::new(wait);
    let builder = Kafka::builder()
        .connect_timeout(Duration::from_secs(60))
        .secrets(move |name: &str| {
            let _ = asked.lock().unwrap().send(());
            // Until it may, or until the test is over.
            let _ = wait.lock().unwrap().recv();
            Ok(SecretString::from(format!("{name}:9092")))
        });
    (builder, was_asked, go)
}

/// Whether the status can be had while the vault is being waited for.
fn answers(kafka: &Kafka) -> bool {
    let (answer, answered) = mpsc::channel();
    let kafka = kafka.clone();
    thread::spawn(move || {
        let _ = kafka.status();
        let _ = answer.send(());
    });
    answered.recv_timeout(Duration::from_secs(5)).is_ok()
}

#[test]
fn a_slow_vault_holds_up_no_probe() {
    let (builder, was_asked, go) = slow_vault();
    let kafka = builder.bootstrap_servers("main:9092").build();
    let registering = thread::spawn({
        let kafka = kafka.clone();
        move || Named::register_all(&kafka).map(drop)
    });
    was_asked.recv().unwrap();
    let answered = answers(&kafka);
    drop(go);
    registering.join().unwrap().unwrap();
    assert!(answered, "while a model is registered");
}

#[test]
fn a_slow_vault_with_the_brokers_holds_up_no_probe() {
    let (builder, was_asked, go) = slow_vault();
    let kafka = builder
        .set("bootstrap_servers", SettingValue::secret("127.0.0.1"))
        .build();
    let kafka = Arc::new(kafka);
    let _model = ManyThings::register_all(&kafka).unwrap();
    let checking = thread::spawn({
        let kafka = Arc::clone(&kafka);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            // What comes of it does not matter, and is not waited for.
            runtime.block_on(kafka.check());
        }
    });
    was_asked.recv().unwrap();
    let answered = answers(&kafka);
    drop(go);
    drop(checking);
    assert!(answered, "while the clusters are checked");
}
