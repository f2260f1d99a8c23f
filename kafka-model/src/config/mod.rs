//! The one place where settings become librdkafka's strings.

mod budget;
mod client;
mod source;
mod tokens;

pub(crate) use budget::Limits;
pub(crate) use client::{consumer, describe_error, failure_producer, probe, producer, verifier};
pub use source::SecretProvider;
pub(crate) use source::{Sources, sources};
use tokens::has_tokens_of_its_own;
pub use tokens::{OauthToken, TokenProvider};
pub(crate) use tokens::{Provider, supply};

use std::time::Duration;

use kafka_model_core::setting::{SPECS, Spec};
use kafka_model_core::{Effective, Setting, Side, Source, Value};
use secrecy::ExposeSecret as _;

use crate::error::SourceProblem;

/// The environment variable with the brokers' addresses.
pub(crate) const BOOTSTRAP_VARIABLE: &str = "KAFKA_BOOTSTRAP_SERVERS";

#[cfg(feature = "embedded")]
pub(crate) use crate::embedded::Owner as Embedded;

/// There are no embedded brokers in this build.
#[cfg(not(feature = "embedded"))]
pub(crate) type Embedded = std::convert::Infallible;

/// How one [`Kafka`](crate::Kafka) reaches its brokers.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The addresses of the embedded broker, if it is one.
    pub(crate) bootstrap_servers: Option<String>,
    /// The embedded broker that they are of, if they are: it wants some settings of its own, and lives
    /// as long as whoever connects to it.
    pub(crate) embedded: Option<Embedded>,
    /// How long a service may take to reach a broker at start.
    pub(crate) connect_timeout: Duration,
    /// Where settings are read that name a place.
    pub(crate) sources: Sources,
    /// What makes tokens.
    pub(crate) tokens: Provider,
}

impl Connection {
    /// Whether a setting has no effect: an embedded broker speaks plaintext, whatever the model asks of a
    /// real one.
    pub(crate) fn ignores(&self, setting: Setting) -> bool {
        self.embedded.is_some() && is_security(setting)
    }

    /// The addresses that a service with these settings connects to.
    pub(crate) fn brokers(&self, settings: &Effective<'static>) -> Option<String> {
        if self.embedded.is_some() {
            return self.bootstrap_servers.clone();
        }
        match settings.find_given(Setting::BootstrapServers) {
            Some((Value::Str(brokers), _)) => Some(brokers.to_owned()),
            Some((Value::From(source), _)) => {
                Some(self.read(source)).filter(|brokers| !brokers.is_empty())
            }
            _ => None,
        }
    }

    /// The text of a setting, wherever it comes from; empty if there is none. Not for secrets.
    pub(crate) fn text(&self, settings: &Effective<'static>, setting: Setting) -> String {
        let found = settings.find(setting);
        found.map_or_else(String::new, |(value, _)| self.text_of(value))
    }

    /// The text that `value` is or says where to read. Not for secrets.
    pub(crate) fn text_of(&self, value: Value<'static>) -> String {
        match value {
            Value::Str(text) => text.to_owned(),
            Value::From(source) => self.read(source),
            _ => String::new(),
        }
    }

    /// The text at `source`; empty if there is none. Not for secrets.
    pub(crate) fn read(&self, source: Source<'_>) -> String {
        self.try_read(source).unwrap_or_default()
    }

    /// The text at `source`. Not for secrets.
    ///
    /// # Errors
    /// If there is none that could be given to a client.
    pub(crate) fn try_read(&self, source: Source<'_>) -> Result<String, SourceProblem> {
        let text = self.sources.read(source, self.connect_timeout)?;
        Ok(text.expose_secret().to_owned())
    }

    /// The text that `value` is or says where to read, or else where that is. Not for secrets.
    pub(crate) fn describe(&self, value: Value<'static>) -> String {
        match value {
            Value::From(source) => {
                let text = self.try_read(source);
                text.unwrap_or_else(|_| source.to_string())
            }
            value => self.text_of(value),
        }
    }
}

/// Whether clients with these settings reach the same brokers in the same way.
pub(crate) fn is_same_cluster(one: &Effective<'static>, other: &Effective<'static>) -> bool {
    agree(one, other, |spec| {
        spec.setting == Setting::BootstrapServers || is_security(spec.setting)
    })
}

/// Whether clients with these settings differ in nothing but what is a consumer's, so that one can ask for the other, too.
pub(crate) fn is_same_client(one: &Effective<'static>, other: &Effective<'static>) -> bool {
    // Tokens are asked for by the name of a service: each may get others, which allow other things.
    !has_tokens_of_its_own(one) && agree(one, other, |spec| spec.side == Side::Client)
}

/// Whether the settings that `which` chooses have the same values.
fn agree(
    one: &Effective<'static>,
    other: &Effective<'static>,
    which: impl Fn(&Spec) -> bool,
) -> bool {
    let value = |of: &Effective<'static>, setting| of.find(setting).map(|(value, _)| value);
    SPECS
        .iter()
        .filter(|spec| which(spec))
        .all(|spec| value(one, spec.setting) == value(other, spec.setting))
}

/// Whether a setting is one of TLS or SASL.
pub(crate) fn is_security(setting: Setting) -> bool {
    let Some(property) = setting.spec().property else {
        return false;
    };
    [
        "security.",
        "sasl.",
        "ssl.",
        "enable.ssl.",
        "enable.sasl.",
        "https.",
    ]
    .iter()
    .any(|prefix| property.starts_with(prefix))
}
