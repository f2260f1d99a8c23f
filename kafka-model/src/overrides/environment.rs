//! Overrides from environment variables: `KAFKA_MONITORING__ALERTS__MAX_BUFFERED=200`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;

use config::{Value, ValueKind};
use kafka_model_core::setting::look_up;
use kafka_model_core::{Kind, SourceKind};

use super::address::{group_of, setting_name};
use super::entries::{Entries, Entry};
use super::value::named_source;

/// What the variables begin with, if nothing else is said.
pub(crate) const PREFIX: &str = "KAFKA_";
/// What stands between the parts of a key.
const SEPARATOR: &str = "__";
/// Behind the name of a text: the path of a file that has it, as with Docker's images.
const FILE: &str = "_file";

const ORIGIN: &str = "the environment variable ";
const ORIGINS: &str = "the environment variables ";

/// How an override from the variable `name` says where it comes from.
pub(super) fn origin(name: &str) -> String {
    format!("{ORIGIN}{name}")
}

/// The variable that an override comes from, if it comes from one.
pub(super) fn variable(origin: &str) -> Option<&str> {
    origin.strip_prefix(ORIGIN)
}

/// A variable, and what it is set to.
pub(crate) type Variable = (OsString, OsString);

/// The variables of this process, as they are now.
pub(super) fn variables() -> Vec<Variable> {
    env::vars_os().collect()
}

/// What `variables` that begin with `prefix` give, and what is wrong with them. The value of a secret is not read, only
/// named.
pub(super) fn read(prefix: &str, variables: Vec<Variable>) -> (Entries, Vec<String>) {
    let mut ours: BTreeMap<Vec<String>, (String, Value)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else {
            continue;
        };
        let Some((path, value)) = entry(prefix, &name, value) else {
            continue;
        };
        // Of what is no setting, nobody knows what it means.
        let is_setting = look_up(&setting_name(&path)).is_ok();
        match ours.get(&path).filter(|_| is_setting) {
            Some((other, _)) => {
                let (first, second) = if *other < name {
                    (other, &name)
                } else {
                    (&name, other)
                };
                problems.push(format!(
                    "{ORIGINS}{first} and {second} both give `{}`: unset one of the two",
                    path.join(".")
                ));
            }
            None => {
                ours.insert(path, (name, value));
            }
        }
    }
    let entries = ours.into_iter().map(|(path, (_, value))| (path, value));
    (entries.collect(), problems)
}

/// What the variable `name` gives, if it is one of ours.
fn entry(prefix: &str, name: &str, value: OsString) -> Option<Entry> {
    let key = name.strip_prefix(prefix)?;
    if value.is_empty() || is_foreign(key) {
        return None;
    }
    let mut path = path(key);
    let spec = look_up(&setting_name(&path)).ok();
    let of_file = spec.is_none().then(|| text_in_file(&path)).flatten();
    let value = match (spec, of_file, value.into_string()) {
        (Some(spec), _, _) if spec.is_secret() => named_source(SourceKind::Env, name),
        (None, Some(text), Ok(file)) => {
            path.pop();
            path.push(text);
            named_source(SourceKind::File, &file)
        }
        (_, _, Ok(value)) => value.into(),
        (_, _, Err(_)) => ValueKind::Nil,
    };
    Some((path, Value::new(Some(&origin(name)), value)))
}

/// The text that `path` says the file of: `sasl_password_file`.
fn text_in_file(path: &[String]) -> Option<String> {
    let text = path.last()?.strip_suffix(FILE)?;
    let spec = look_up(text).ok()?;
    (spec.kind == Kind::Text).then(|| text.to_owned())
}

/// The parts of a key, in small letters. A text of a group's own name is its setting of that name.
fn path(key: &str) -> Vec<String> {
    let mut path: Vec<_> = key.split(SEPARATOR).map(str::to_ascii_lowercase).collect();
    if let Some(inner) = path.last().and_then(|last| group_of(last)) {
        path.push(inner.to_owned());
    }
    path
}

/// Whether a variable is certainly none of ours: what Kubernetes sets for a service that is called `kafka`, and what
/// Kafka's own scripts and images read. None of them says whose a setting is, as in `PORT_WATCH__ALERTS__MAX_BUFFERED`.
fn is_foreign(key: &str) -> bool {
    const SCRIPTS: &[&str] = &[
        "CONFIG_FILE",
        "HOME",
        "OPTS",
        "HEAP_OPTS",
        "JMX_OPTS",
        "JMX_PORT",
        "GC_LOG_OPTS",
        "LOG4J_OPTS",
        "JVM_PERFORMANCE_OPTS",
        "CLUSTER_ID",
        "NODE_ID",
        "PROCESS_ROLES",
    ];
    const PREFIXES: &[&str] = &["PORT_", "SERVICE_PORT", "MODEL_TEST_", "CFG_"];
    SCRIPTS.contains(&key)
        || matches!(key, "PORT" | "SERVICE_HOST")
        || PREFIXES.iter().any(|prefix| key.starts_with(prefix)) && !key.contains(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_problems(variables: &[(&str, &str)]) -> (Entries, Vec<String>) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        super::read(PREFIX, variables.collect())
    }

    fn read(variables: &[(&str, &str)]) -> Vec<(String, String, String)> {
        let (entries, problems) = with_problems(variables);
        assert_eq!(problems, [""; 0]);
        let mut all: Vec<_> = entries
            .into_iter()
            .map(|(path, value)| {
                let origin = value.origin().unwrap().to_owned();
                (path.join("."), format!("{:?}", value.kind), origin)
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn a_name_is_a_path_of_small_letters() {
        let all = read(&[
            ("KAFKA_BOOTSTRAP_SERVERS", "a:1"),
            ("KAFKA_MONITORING__ALERTS__MAX_BUFFERED", "200"),
            ("KAFKA_MONITORING__ALERTS__RETRY__ATTEMPTS", "3"),
            ("KAFKA_MONITORING__ALERTS__DEAD_LETTER", "dead"),
            ("KAFKA_MONITORING__ALERTS__DEAD_LETTER__LIMIT", "5%"),
            ("KAFKA_EMPTY", ""),
            ("OTHER", "x"),
        ]);
        let paths: Vec<_> = all.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "bootstrap_servers",
                "monitoring.alerts.dead_letter.limit",
                "monitoring.alerts.dead_letter.topic",
                "monitoring.alerts.max_buffered",
                "monitoring.alerts.retry.attempts",
            ]
        );
        assert_eq!(
            all[3].2,
            "the environment variable KAFKA_MONITORING__ALERTS__MAX_BUFFERED"
        );
    }

    #[test]
    fn a_secret_is_named_and_not_read() {
        let all = read(&[
            ("KAFKA_SASL_PASSWORD", "hunter2"),
            ("KAFKA_SSL_KEY_PASSWORD_FILE", "/run/secrets/key"),
        ]);
        let shown = format!("{all:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("KAFKA_SASL_PASSWORD"), "{shown}");
        assert!(shown.contains("/run/secrets/key"), "{shown}");
        assert_eq!(all[1].0, "ssl_key_password");
    }

    #[test]
    fn what_kubernetes_and_kafka_set_is_left_alone() {
        let foreign = [
            ("KAFKA_PORT", "tcp://10.0.0.1:9092"),
            ("KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"),
            ("KAFKA_SERVICE_HOST", "10.0.0.1"),
            ("KAFKA_SERVICE_PORT_CLIENT", "9092"),
            ("KAFKA_HEAP_OPTS", "-Xmx1g"),
            ("KAFKA_HOME", "/opt/kafka"),
        ];
        assert_eq!(read(&foreign), []);
    }

    #[test]
    fn a_model_may_be_called_like_what_kubernetes_sets() {
        let all = read(&[
            ("KAFKA_PORT_WATCH__SESSION_TIMEOUT_MS", "30s"),
            ("KAFKA_SERVICE_PORTS__ALERTS__MAX_BUFFERED", "5"),
            ("KAFKA_MODEL_TEST_RUN__MAX_BUFFERED", "5"),
            ("KAFKA_CFG_STORE__MAX_BUFFERED", "5"),
        ]);
        let paths: Vec<_> = all.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "cfg_store.max_buffered",
                "model_test_run.max_buffered",
                "port_watch.session_timeout_ms",
                "service_ports.alerts.max_buffered",
            ]
        );
    }

    #[test]
    fn two_variables_of_one_setting_are_a_mistake_in_any_order() {
        let two = [
            ("KAFKA_MANY__CLIENT_ID", "hunter2"),
            ("KAFKA_MANY__CLIENT_ID_FILE", "/run/client"),
        ];
        for variables in [two, [two[1], two[0]]] {
            let (_, problems) = with_problems(&variables);
            assert_eq!(
                problems,
                [
                    "the environment variables KAFKA_MANY__CLIENT_ID and KAFKA_MANY__CLIENT_ID_FILE both give \
                  `many.client_id`: unset one of the two"
                ]
            );
        }
        let (_, problems) = with_problems(&[("KAFKA_ANY", "1"), ("KAFKA_any", "2")]);
        assert_eq!(problems, [""; 0], "which is no setting");
    }
}
