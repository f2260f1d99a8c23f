//! The listeners of a secured cluster (`tests/kafka/with-kafka.sh --secured`).

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kafka_model::{KafkaBuilder, SettingValue};

/// A secured cluster.
#[derive(Debug)]
pub struct Secured {
    directory: PathBuf,
}

impl Secured {
    /// The one that this process runs beside.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn beside() -> Self {
        let directory = env::var_os("KAFKA_MODEL_TEST_SECURED").expect(
            "KAFKA_MODEL_TEST_SECURED: run this beside tests/kafka/with-kafka.sh --secured",
        );
        Self {
            directory: directory.into(),
        }
    }

    /// The address of a listener.
    ///
    /// # Panics
    /// If there is no such listener.
    #[must_use]
    pub fn address(&self, listener: &str) -> String {
        let addresses = fs::read_to_string(self.directory.join("addresses")).expect("addresses");
        addresses
            .lines()
            .find_map(|line| line.strip_prefix(listener)?.strip_prefix('='))
            .expect("a listener")
            .to_owned()
    }

    /// The path of one of its files.
    ///
    /// # Panics
    /// If it is not UTF-8.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        let path = self.directory.join(name);
        path.to_str().expect("a path").to_owned()
    }

    /// Does something that only an administrator can.
    ///
    /// # Panics
    /// If it fails.
    pub fn control(&self, arguments: &[&str]) {
        let script = env::var("KAFKA_MODEL_TEST_CONTROL").expect("KAFKA_MODEL_TEST_CONTROL");
        let status = Command::new(script)
            .args(arguments)
            .status()
            .expect("the control script");
        assert!(status.success(), "control {arguments:?}: {status}");
    }
}

/// Settings of a client, as overrides.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(&'static str, SettingValue)>);

impl Settings {
    /// These, and one more.
    #[must_use]
    pub fn and(mut self, name: &'static str, value: impl Into<SettingValue>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Gives them for `scope`, a field say.
    #[must_use]
    pub fn on(self, builder: KafkaBuilder, scope: &str) -> KafkaBuilder {
        self.0.into_iter().fold(builder, |builder, (name, value)| {
            builder.set(&format!("{scope}.{name}"), value)
        })
    }
}
