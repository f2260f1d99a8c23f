//! Tokens for SASL/OAUTHBEARER, from a provider of the user's.

use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::client::OAuthToken;
use secrecy::{ExposeSecret as _, SecretString};

use crate::handler::FailureReason;

/// How long a client waits for a token before it goes on without one, and asks again.
const PATIENCE: Duration = Duration::from_secs(5);

/// A token for SASL/OAUTHBEARER (KIP-255). Its text is not shown.
#[derive(Clone, Debug)]
pub struct OauthToken {
    token: SecretString,
    principal: String,
    expires: SystemTime,
}

impl OauthToken {
    /// The token of `principal`, until it `expires`. It is refreshed when four fifths of its time are over.
    #[must_use]
    pub fn new(
        token: impl Into<SecretString>,
        principal: impl Into<String>,
        expires: SystemTime,
    ) -> Self {
        Self {
            token: token.into(),
            principal: principal.into(),
            expires,
        }
    }
}

/// Makes tokens for clients with `sasl_mechanism = "OAUTHBEARER"`: what asks an authorization server.
///
/// A closure will do, too.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use kafka_model::{Kafka, OauthToken};
///
/// let kafka = Kafka::builder()
///     .bootstrap_servers("localhost:9092")
///     .oauth_tokens(|service: &str, _config: Option<&str>| {
///         // Of course it asks a server.
///         let expires = SystemTime::now() + Duration::from_secs(3_600);
///         Ok(OauthToken::new(String::from("…"), service, expires))
///     })
///     .build();
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// A token for the client of `service`, `Monitoring.alerts` say. `config` is the text of
    /// `sasl_oauthbearer_config`, if there is one.
    ///
    /// It is called before each token expires, on a thread of its own, where it may block. One that takes longer than
    /// five seconds is not waited for, and used when it is there.
    ///
    /// # Errors
    /// Any. Its text is shown and logged, so it must not have the token in it; it is asked again ten seconds later.
    fn token(
        &self,
        service: &str,
        config: Option<&str>,
    ) -> Result<OauthToken, Box<dyn Error + Send + Sync>>;
}

impl<F> TokenProvider for F
where
    F: Fn(&str, Option<&str>) -> Result<OauthToken, Box<dyn Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
{
    fn token(
        &self,
        service: &str,
        config: Option<&str>,
    ) -> Result<OauthToken, Box<dyn Error + Send + Sync>> {
        self(service, config)
    }
}

/// The user's provider, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Provider(pub(crate) Option<Arc<dyn TokenProvider>>);

impl Provider {
    /// The tokens of one client.
    pub(crate) fn of(&self, service: &str) -> Tokens {
        Tokens {
            provider: self.clone(),
            service: service.to_owned(),
            under_way: Mutex::default(),
        }
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.0.is_some()).finish()
    }
}

type Answer = Result<OauthToken, String>;

/// The tokens of one client, whose context asks for them on the thread that polls.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    provider: Provider,
    service: String,
    /// A question that was not answered in time.
    under_way: Mutex<Option<Receiver<Answer>>>,
}

impl Tokens {
    /// The next token, as the client takes it.
    ///
    /// # Errors
    /// If there is none in time: the client asks again.
    pub(crate) fn next(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let answer = match under_way.take() {
            Some(answer) => answer,
            None => self.ask(config)?,
        };
        let token = match answer.recv_timeout(PATIENCE) {
            Ok(token) => token.map_err(|reason| format!("the token provider failed: {reason}"))?,
            Err(RecvTimeoutError::Timeout) => {
                *under_way = Some(answer);
                let seconds = PATIENCE.as_secs();
                return Err(format!("the token provider did not answer within {seconds} s").into());
            }
            Err(RecvTimeoutError::Disconnected) => return Err("the token provider ended".into()),
        };
        let lifetime = token
            .expires
            .duration_since(UNIX_EPOCH)
            .map_err(|_| "the token provider gave a token that expired before 1970")?;
        Ok(OAuthToken {
            token: token.token.expose_secret().to_owned(),
            principal_name: token.principal,
            lifetime_ms: i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX),
        })
    }

    fn ask(&self, config: Option<&str>) -> Result<Receiver<Answer>, String> {
        let provider = self.provider.0.clone().ok_or(
            "there is no provider of tokens: give one with `Kafka::builder().oauth_tokens(…)`",
        )?;
        let (service, config) = (self.service.clone(), config.map(str::to_owned));
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("kafka-token".to_owned())
            .spawn(move || {
                let asked = AssertUnwindSafe(|| provider.token(&service, config.as_deref()));
                let answer = match panic::catch_unwind(asked) {
                    Ok(answer) => answer.map_err(|error| error.to_string()),
                    Err(panic) => Err(FailureReason::panic(&*panic).to_string()),
                };
                // The client may be gone.
                let _ = sender.send(answer);
            })
            .map_err(|error| format!("no thread could be started: {error}"))?;
        Ok(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(provider: impl TokenProvider) -> Tokens {
        Provider(Some(Arc::new(provider))).of("Model.shared")
    }

    #[test]
    fn a_token_is_for_its_service_and_its_text_is_not_shown() {
        let tokens = tokens(|service: &str, config: Option<&str>| {
            let text = format!("{service} {config:?}");
            let expires = UNIX_EPOCH + Duration::from_millis(5);
            Ok(OauthToken::new(text, "me", expires))
        });
        let token = tokens.next(Some("x")).ok().unwrap();
        assert_eq!(token.token, "Model.shared Some(\"x\")");
        assert_eq!(
            (token.principal_name.as_str(), token.lifetime_ms),
            ("me", 5)
        );
        let hidden = OauthToken::new(String::from("s3cret"), "me", UNIX_EPOCH);
        assert!(!format!("{hidden:?}").contains("s3cret"));
    }

    #[test]
    fn a_provider_that_fails_or_panics_is_an_error() {
        let failing = tokens(|_: &str, _: Option<&str>| Err("the server is away".into()));
        let error = failing.next(None).err().unwrap().to_string();
        assert_eq!(error, "the token provider failed: the server is away");
        let panics = tokens(|_: &str, _: Option<&str>| panic!("oh"));
        assert!(panics.next(None).err().unwrap().to_string().contains("oh"));
        let none = Provider::default().of("x").next(None).err().unwrap();
        assert!(none.to_string().contains("oauth_tokens"), "{none}");
    }
}
