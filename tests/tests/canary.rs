//! No secret is ever shown: random ones in every property that takes them, and everything that prints captured.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, fs};

use kafka_model::{
    Error, Kafka, KafkaMessage, KafkaModel, SecretProvider, SecretString, SettingValue, Topic,
};
use kafka_model_core::setting::SPECS;
use kafka_model_core::{Kind, Spec};
use kafka_model_tests::{Broker, capture_logs};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "canary")]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "canary", debug = "all")]
struct Canary {
    events: Topic<Event>,
}

/// The secrets by their names, and everything that was shown.
#[derive(Clone, Default)]
struct Cage {
    birds: Arc<Mutex<BTreeMap<String, String>>>,
    shown: Arc<Mutex<String>>,
}

impl Cage {
    /// The secret of this name, which is a new one at first.
    fn bird(&self, name: &str) -> String {
        let mut birds = self.birds.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || format!("canary{:016x}{:016x}", random(), random());
        birds.entry(name.to_owned()).or_insert_with(new).clone()
    }

    fn show(&self, text: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.push_str(text);
        shown.push('\n');
    }

    fn show_all(&self, value: impl Debug) {
        self.show(&format!("{value:?}\n{value:#?}"));
    }

    fn show_error(&self, error: &Error) {
        self.show(&error.to_string());
        self.show_all(error);
        let mut source = std::error::Error::source(error);
        while let Some(error) = source {
            self.show(&error.to_string());
            source = error.source();
        }
    }

    /// Asserts that none of the secrets was shown, in any of the forms that they travel in.
    fn assert_empty(&self, logs: &str) {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, bird) in &*self.birds.lock().unwrap_or_else(PoisonError::into_inner) {
            let hex: String = bird.bytes().map(|byte| format!("{byte:02x}")).collect();
            for (form, text) in [("as it is", bird.as_str()), ("in hex", &hex)] {
                for (place, all) in [("shown", &**shown), ("logged", logs)] {
                    // A part of it is too much, too.
                    let part = &text[..text.len() / 2];
                    let at = all.find(part).map(|at| around(all, at));
                    assert_eq!(at, None, "{name} was {place} {form}");
                }
            }
        }
    }
}

fn around(text: &str, at: usize) -> String {
    let from = text[..at].rfind('\n').map_or(0, |at| at + 1);
    text[from..].lines().next().unwrap_or_default().to_owned()
}

fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish()
}

impl SecretProvider for Cage {
    fn secret(&self, name: &str) -> Result<SecretString, Box<dyn std::error::Error + Send + Sync>> {
        let secret = SecretString::from(self.bird(name));
        self.show_all(&secret);
        Ok(secret)
    }
}

fn secrets() -> impl Iterator<Item = &'static Spec> {
    SPECS
        .iter()
        .filter(|spec| spec.is_secret() && spec.kind == Kind::Text && spec.refuse().is_none())
}

/// Whether this build has what `spec` needs.
fn is_there(spec: &Spec) -> bool {
    let kafka = Kafka::builder().set(&format!("canary.{}", spec.name), SettingValue::env("X"));
    match Canary::describe(&kafka.build()) {
        Ok(_) => true,
        Err(error) => {
            !error.to_string().contains("needs the crate feature")
                && !error.to_string().contains("libcurl")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_shown() {
    let logs = capture_logs();
    let broker = Broker::with(&[("canary", 1)]).await;
    let cage = Cage::default();
    let folder = env::temp_dir().join(format!("kafka-model-canary-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let panics = cage.clone();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| panics.show(&panic.to_string())));
    let mut tried = 0;
    for spec in secrets().filter(|spec| is_there(spec)) {
        let path = folder.join(spec.name);
        let of_file = format!("{}-file", spec.name);
        fs::write(&path, cage.bird(&of_file)).unwrap();
        for source in [
            SettingValue::secret(spec.name),
            SettingValue::file(path.to_str().unwrap()),
        ] {
            run(&broker, spec, source, &cage).await;
            tried += 1;
        }
    }
    literals(&cage, &folder);
    panic::set_hook(before);
    fs::remove_dir_all(&folder).unwrap();

    println!("{tried} runs, {} secrets", cage.birds.lock().unwrap().len());
    assert!(tried >= 2, "the test must have something to look for");
    let logs = logs.text();
    // The client was made with them, and talked: else it could not have said anything.
    assert!(logs.contains("librdkafka"), "nothing was captured");
    cage.assert_empty(&logs);
}

/// One service with one secret, on a broker that does not want it, to its end.
async fn run(broker: &Broker, spec: &'static Spec, source: SettingValue, cage: &Cage) {
    cage.show_all(&source);
    let is_password = spec.name == "sasl_password";
    let builder = Kafka::builder()
        .bootstrap_servers(broker.address())
        .connect_timeout(Duration::from_millis(1_500))
        .secrets(cage.clone())
        .set(&format!("canary.{}", spec.name), source);
    let builder = if is_password {
        builder
            .set("security_protocol", "sasl_plaintext")
            .set("sasl_mechanism", "PLAIN")
            .set("sasl_username", "canary")
    } else {
        builder
    };
    cage.show_all(&builder);
    let kafka = builder.build();
    cage.show_all(&kafka);
    match Canary::describe(&kafka) {
        Ok(model) => {
            cage.show(&model.to_string());
            cage.show(&serde_json::to_string(&model).unwrap());
            cage.show_all(&model);
        }
        Err(error) => cage.show_error(&error),
    }
    let mut events = kafka.events();
    let model = match Canary::register_all(&kafka) {
        Ok(model) => model,
        Err(error) => return cage.show_error(&error),
    };
    cage.show_all(&model.events);
    model.events.handle(async |_: Event| ()).unwrap();
    let started = kafka.start().await;
    cage.show_all(kafka.status());
    for problem in kafka.status().problems() {
        cage.show(&problem.to_string());
    }
    let publish = model.events.publish(&Event { id: 1 });
    if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(1), publish).await {
        cage.show_error(&error.into());
    }
    match started {
        Ok(running) => {
            cage.show_all(&running);
            cage.show_all(running.shutdown().await);
        }
        Err(error) => cage.show_error(&error),
    }
    while let Some(event) = events.next().await {
        cage.show(&event.to_string());
        cage.show_all(&event);
    }
}

/// Secrets where none may be: they are refused, and not repeated.
fn literals(cage: &Cage, folder: &std::path::Path) {
    for spec in secrets() {
        let bird = cage.bird(&format!("{}-literal", spec.name));
        let path = folder.join("literal.toml");
        for toml in [
            format!("{} = \"{bird}\"\n", spec.name),
            format!("[canary]\n{} = [\"{bird}\"]\n", spec.name),
            // Not closed.
            format!("{} = \"{bird}\n", spec.name),
        ] {
            fs::write(&path, toml).unwrap();
            let kafka = Kafka::builder().settings_file(&path);
            cage.show_all(&kafka);
            cage.show_error(&Canary::describe(&kafka.build()).unwrap_err());
        }
        cage.show_all(SettingValue::from(bird.as_str()));
        let kafka = Kafka::builder().set(spec.name, bird.as_str());
        cage.show_all(&kafka);
        let kafka = kafka.build();
        cage.show_error(&Canary::describe(&kafka).unwrap_err());
    }
}
