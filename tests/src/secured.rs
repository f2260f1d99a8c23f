//! The listeners of a secured cluster (`tests/kafka/with-kafka.sh --secured`).

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use kafka_model::{KafkaBuilder, OauthToken, SettingValue};

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

    /// What this user needs at a listener with SASL over TLS. The password may be one that is read from elsewhere.
    #[must_use]
    pub fn sasl(
        &self,
        listener: &str,
        mechanism: &str,
        user: &str,
        password: SettingValue,
    ) -> Settings {
        self.sasl_ssl(listener, mechanism)
            .and("sasl_username", user)
            .and("sasl_password", password)
    }

    /// Tokens at a listener with SASL over TLS: unsecured ones, or the program's own.
    #[must_use]
    pub fn oauth(&self, listener: &str) -> Settings {
        self.sasl_ssl(listener, "OAUTHBEARER")
    }

    fn sasl_ssl(&self, listener: &str, mechanism: &str) -> Settings {
        Settings::default()
            .and("bootstrap_servers", self.address(listener))
            .and("security_protocol", "sasl_ssl")
            .and("ssl_ca_location", self.file("ca.pem"))
            .and("sasl_mechanism", mechanism)
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

/// An unsecured JSON web token (RFC 7519, section 6): `{"alg":"none"}`, and who it is of until when.
///
/// # Panics
/// If it expires before 1970.
#[must_use]
pub fn jwt(of: &str, expires: SystemTime) -> String {
    let seconds = expires
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("a time after 1970")
        .as_secs();
    let issued = seconds.saturating_sub(3_600);
    let claims = format!(r#"{{"sub":"{of}","iat":{issued},"exp":{seconds}}}"#);
    let encode = |text: &str| crate::base64(text.as_bytes(), '-', '_');
    format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims))
}

/// Such a token, as a provider gives it.
#[must_use]
pub fn token(of: &str, expires: SystemTime) -> OauthToken {
    OauthToken::new(jwt(of, expires), of, expires)
}
