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
use kafka_model_tests::{Broker, base64, capture_logs};
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

    /// A secret that is not of our making.
    #[cfg(feature = "ssl")]
    fn keep(&self, name: &str, secret: &str) {
        let mut birds = self.birds.lock().unwrap_or_else(PoisonError::into_inner);
        birds.insert(name.to_owned(), secret.to_owned());
    }

    /// Asserts that none of the secrets was shown, in any of the forms that they travel in.
    fn assert_empty(&self, logs: &str) {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, bird) in &*self.birds.lock().unwrap_or_else(PoisonError::into_inner) {
            for (form, part) in forms(bird) {
                for (place, all) in [("shown", &**shown), ("logged", logs)] {
                    let at = all.find(&part).map(|at| around(all, at));
                    assert_eq!(at, None, "{name} was {place} {form}");
                }
            }
        }
    }
}

/// The first half of a secret, which is too much, too, in each of its forms.
fn forms(secret: &str) -> Vec<(String, String)> {
    let half = &secret.as_bytes()[..secret.len() / 2];
    let hex = half.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("as it is".to_owned(), secret[..half.len()].to_owned()),
        ("in hex".to_owned(), hex),
    ];
    for (plus, slash) in [('+', '/'), ('-', '_')] {
        // Behind something else: three bytes are four digits, of which the first and last may be of a neighbour, too.
        for before in 0..3 {
            let mut text = vec![0; before];
            text.extend_from_slice(half);
            text.truncate(text.len() / 3 * 3);
            let encoded = base64(&text, plus, slash);
            let own = (before * 8).div_ceil(6);
            let form = format!("in base64 behind {before} bytes");
            forms.push((form, encoded[own..].to_owned()));
        }
    }
    forms
}

#[test]
fn a_secret_is_found_in_each_of_its_forms() {
    let secret = "canary0123456789abcdef";
    let plain = base64(format!("\0me\0{secret}, and more").as_bytes(), '+', '/');
    let found = |all: &str| forms(secret).iter().any(|(_, part)| all.contains(part));
    assert!(found(&plain), "{plain}");
    assert!(found(secret));
    assert!(found("63616e617279303132333435363738393a"));
    assert!(!found("canary"));
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
    #[cfg(feature = "ssl")]
    if env::var_os("KAFKA_MODEL_TEST_SECURED").is_some() {
        secured::run(&cage).await;
    }
    panic::set_hook(before);
    fs::remove_dir_all(&folder).unwrap();

    println!("{tried} runs, {} secrets", cage.birds.lock().unwrap().len());
    assert!(tried >= 2, "the test must have something to look for");
    let logs = logs.text();
    // The client was made with them, and talked: else it could not have said anything.
    assert!(logs.contains("librdkafka"), "nothing was captured");
    cage.assert_empty(&logs);
}

/// All that can be asked before the start.
async fn look(kafka: &Kafka, cage: &Cage) {
    let report = kafka.check().await;
    cage.show(&report.to_string());
    cage.show(&serde_json::to_string(&report).unwrap());
    cage.show_all(report);
    match kafka.plan_topics().await {
        Ok(plan) => {
            cage.show(&plan.to_string());
            cage.show_all(plan);
        }
        Err(error) => cage.show_error(&error),
    }
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
    look(&kafka, cage).await;
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

/// Secrets with which a broker lets clients in, or that it refuses.
#[cfg(feature = "ssl")]
mod secured {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::SystemTime;

    use kafka_model::{KafkaBuilder, OauthToken};
    use kafka_model_tests::{SOON, Secured, Settings, jwt};

    use super::*;

    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "secured-canary")]
    struct Secret {
        id: u64,
    }

    #[derive(KafkaModel)]
    #[kafka(group_id = "secured-canary")]
    struct Secrets {
        secrets: Topic<Secret>,
    }

    pub(super) async fn run(cage: &Cage) {
        let broker = Broker::with(&[("secured-canary", 1)]).await;
        let secured = Secured::beside();
        let (user, password) = (cage.bird("user"), cage.bird("password"));
        for user in [&*user, "canary"] {
            secured.control(&["set-password", user, &password]);
            for kind in ["topic", "group"] {
                secured.control(&["allow", user, "all", kind, "secured-canary"]);
            }
        }
        let builder = || {
            Kafka::builder()
                .bootstrap_servers(broker.address())
                .connect_timeout(Duration::from_secs(3))
                .secrets(cage.clone())
        };
        let sasl = |user: SettingValue, password| {
            let of_user = secured.sasl("sasl", "SCRAM-SHA-512", "", SettingValue::secret(password));
            of_user.and("sasl_username", user)
        };
        let of_vault = || SettingValue::secret("user");
        // librdkafka shows the user's name when it is asked for all.
        let all = sasl("canary".into(), "password").and("debug", "all");
        for (settings, is_right) in [
            (sasl(of_vault(), "password"), true),
            (all, true),
            (sasl(of_vault(), "another password"), false),
        ] {
            client(builder(), settings, is_right, cage).await;
        }
        let expires = SystemTime::now() + Duration::from_secs(600);
        let right = jwt("alice", expires);
        cage.keep("token", &right);
        let refused = cage.bird("refused token");
        let unusable = format!("{}\u{7}", cage.bird("unusable token"));
        for (token, is_right) in [(right, true), (refused, false), (unusable, false)] {
            let given = OauthToken::new(token, "alice", expires);
            cage.show_all(&given);
            let builder = builder().oauth_tokens(move |_: &str, _: Option<&str>| Ok(given.clone()));
            let settings = secured.oauth("sasl").and("debug", "all");
            client(builder, settings, is_right, cage).await;
        }
        let asked = AtomicUsize::new(0);
        let failing = builder().oauth_tokens(move |_: &str, _: Option<&str>| {
            let times = asked.fetch_add(1, Ordering::SeqCst);
            assert!(times.is_multiple_of(2), "it panics");
            Err("it fails".into())
        });
        client(failing, secured.oauth("sasl"), false, cage).await;
    }

    async fn client(builder: KafkaBuilder, settings: Settings, is_right: bool, cage: &Cage) {
        cage.show_all(&settings);
        let builder = settings.on(builder, "secrets");
        cage.show_all(&builder);
        let kafka = builder.build();
        let mut events = kafka.events();
        let model = Secrets::register_all(&kafka).unwrap();
        look(&kafka, cage).await;
        model
            .secrets
            .handle(async |secret: Secret| assert!(secret.id != 1, "the handler panics"))
            .unwrap();
        let started = kafka.start().await;
        assert_eq!(started.is_ok(), is_right, "{:?}", kafka.status());
        if is_right {
            for id in 0..2 {
                model.secrets.publish(&Secret { id }).await.unwrap();
            }
            let halts = model.secrets.wait_until(SOON, |status| status.failed > 0);
            assert!(halts.await.is_some(), "{:?}", kafka.status());
        }
        cage.show_all(kafka.status());
        for problem in kafka.status().problems() {
            cage.show(&problem.to_string());
        }
        match started {
            Ok(running) => {
                let report = running.shutdown().await;
                cage.show(&report.to_string());
                cage.show_all(report);
            }
            Err(error) => cage.show_error(&error),
        }
        while let Some(event) = events.next().await {
            cage.show(&event.to_string());
            cage.show_all(&event);
        }
    }
}
