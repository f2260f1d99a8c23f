//! Tokens for SASL/OAUTHBEARER, from a provider of the user's.

use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kafka_model_core::{Effective, Setting};
use secrecy::{ExposeSecret as _, SecretString};

use super::Connection;
use crate::handler::FailureReason;
use crate::native::{Native, Supplied, Supplier};

/// After so long without an answer it is said that there is none. The answer is still waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after a failure the provider is asked again.
const AGAIN: Duration = Duration::from_secs(10);
/// The shortest rest between two tokens, and how often it is looked whether a token is still wanted.
const SHORTEST: Duration = Duration::from_millis(500);

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
    /// It is called when a client is made and before each token expires, on a thread of its own, where it may block: the
    /// client goes on with the token that it has. After five seconds without an answer that is a
    /// [problem](crate::KafkaStatus::problems); the answer is used when it is there.
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

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.0.is_some()).finish()
    }
}

type Answer = Result<OauthToken, String>;

/// Whether a client with these settings authenticates with tokens of the provider's.
pub(super) fn has_tokens_of_its_own(settings: &Effective<'static>) -> bool {
    settings.str(Setting::SaslMechanism) == Some("OAUTHBEARER")
        && !settings.bool(Setting::EnableSaslOauthbearerUnsecureJwt)
}

/// `client`, which gets tokens for as long as it lives, if it is one that has some of the provider's.
pub(crate) fn supply<T: Native>(
    client: T,
    service: &str,
    settings: &Effective<'static>,
    connection: &Connection,
) -> Supplied<T> {
    let supplied = Supplied::new(client);
    if !has_tokens_of_its_own(settings) || connection.ignores(Setting::SaslMechanism) {
        return supplied;
    }
    let supplier = supplied.supplier();
    let (service, settings, connection) = (service.to_owned(), *settings, connection.clone());
    let spawned = thread::Builder::new()
        .name("kafka-tokens".to_owned())
        .spawn(move || {
            // It may be read from elsewhere, which can block.
            let config = Setting::SaslOauthbearerConfig;
            let config = Some(connection.text(&settings, config)).filter(|text| !text.is_empty());
            let tokens = Tokens {
                provider: connection.tokens,
                service,
                config,
                patience: PATIENCE,
                again: AGAIN,
            };
            tokens.keep(&supplier);
        });
    if let Err(error) = spawned {
        let supplier = supplied.supplier();
        supplier.fail(&format!("no thread could be started for tokens: {error}"));
    }
    supplied
}

/// To whom tokens are given.
trait Target {
    fn set(&self, token: &OauthToken) -> Result<(), String>;
    fn fail(&self, reason: &str);
    /// Waits for this long. `false`: it is gone.
    fn wait(&self, time: Duration) -> bool;
}

impl Target for Supplier {
    fn set(&self, token: &OauthToken) -> Result<(), String> {
        let expires = token
            .expires
            .duration_since(UNIX_EPOCH)
            .map_err(|_| "the token provider gave a token that expired before 1970")?;
        let expires = i64::try_from(expires.as_millis()).unwrap_or(i64::MAX / 1_000);
        Self::set(
            self,
            token.token.expose_secret(),
            &token.principal,
            expires.min(i64::MAX / 1_000),
        )
    }

    fn fail(&self, reason: &str) {
        Self::fail(self, reason);
    }

    fn wait(&self, time: Duration) -> bool {
        Self::wait(self, time)
    }
}

/// The tokens of one client.
///
/// librdkafka asks for them where the client is polled. Whoever polls must not wait for a provider, so it is not asked
/// there, but on a thread that knows by itself when the next token is due.
struct Tokens {
    provider: Provider,
    service: String,
    config: Option<String>,
    patience: Duration,
    again: Duration,
}

impl Tokens {
    /// Gives `target` one token after the other, until it is gone.
    fn keep(&self, target: &impl Target) {
        loop {
            let answer = match self.ask() {
                Ok(asked) => match self.answer(&asked, target) {
                    Some(answer) => answer,
                    None => return,
                },
                Err(reason) => Err(reason),
            };
            let given = answer.and_then(|token| {
                target.set(&token)?;
                Ok(token)
            });
            let rest = match given {
                Ok(token) => {
                    let left = token.expires.duration_since(SystemTime::now());
                    left.unwrap_or_default().mul_f64(0.8).max(SHORTEST)
                }
                Err(reason) => {
                    target.fail(&reason);
                    self.again
                }
            };
            if !target.wait(rest) {
                return;
            }
        }
    }

    /// What the provider says, however late. `None`: nobody wants it any more.
    fn answer(&self, asked: &Receiver<Answer>, target: &impl Target) -> Option<Answer> {
        let mut patience = self.patience;
        loop {
            match asked.recv_timeout(patience) {
                Ok(Ok(token)) => return Some(Ok(token)),
                Ok(Err(reason)) => {
                    return Some(Err(format!("the token provider failed: {reason}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Some(Err("the token provider ended".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let millis = self.patience.as_millis();
                    target.fail(&format!(
                        "the token provider did not answer within {millis} ms"
                    ));
                    if !target.wait(Duration::ZERO) {
                        return None;
                    }
                    patience = SHORTEST;
                }
            }
        }
    }

    fn ask(&self) -> Result<Receiver<Answer>, String> {
        let provider = self.provider.0.clone().ok_or(
            "there is no provider of tokens: give one with `Kafka::builder().oauth_tokens(…)`",
        )?;
        let (service, config) = (self.service.clone(), self.config.clone());
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
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// What was given and said to a client that goes after so many steps.
    struct Client {
        heard: RefCell<Vec<String>>,
        waits: RefCell<VecDeque<bool>>,
        waited: RefCell<Vec<Duration>>,
    }

    impl Client {
        fn new(waits: impl IntoIterator<Item = bool>) -> Self {
            Self {
                heard: RefCell::default(),
                waits: RefCell::new(waits.into_iter().collect()),
                waited: RefCell::default(),
            }
        }

        fn heard(self) -> Vec<String> {
            self.heard.into_inner()
        }
    }

    impl Target for Client {
        fn set(&self, token: &OauthToken) -> Result<(), String> {
            let mut heard = self.heard.borrow_mut();
            heard.push(format!(
                "token {} of {}",
                token.token.expose_secret(),
                token.principal
            ));
            Ok(())
        }

        fn fail(&self, reason: &str) {
            self.heard.borrow_mut().push(reason.to_owned());
        }

        fn wait(&self, time: Duration) -> bool {
            self.waited.borrow_mut().push(time);
            self.waits.borrow_mut().pop_front().unwrap_or(false)
        }
    }

    fn tokens(provider: impl TokenProvider) -> Tokens {
        Tokens {
            provider: Provider(Some(Arc::new(provider))),
            service: "Model.shared".to_owned(),
            config: Some("x".to_owned()),
            patience: Duration::from_secs(20),
            again: Duration::from_secs(10),
        }
    }

    #[test]
    fn a_token_is_for_its_service_and_its_text_is_not_shown() {
        let tokens = tokens(|service: &str, config: Option<&str>| {
            let text = format!("{service} {config:?}");
            let expires = SystemTime::now() + Duration::from_secs(1_000);
            Ok(OauthToken::new(text, "me", expires))
        });
        let client = Client::new([]);
        tokens.keep(&client);
        let waited = client.waited.borrow()[0].as_secs();
        assert!((790..=800).contains(&waited), "{waited} s of 1000");
        assert_eq!(client.heard(), ["token Model.shared Some(\"x\") of me"]);
        let hidden = OauthToken::new(String::from("s3cret"), "me", UNIX_EPOCH);
        assert!(!format!("{hidden:?}").contains("s3cret"));
    }

    #[test]
    fn a_provider_that_fails_or_panics_is_asked_again() {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let tokens = tokens(move |_: &str, _: Option<&str>| {
            match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Err("the server is away".into()),
                1 => panic!("oh"),
                _ => Ok(OauthToken::new(String::from("it"), "me", UNIX_EPOCH)),
            }
        });
        let client = Client::new([true, true, false]);
        tokens.keep(&client);
        let heard = client.heard();
        assert_eq!(heard[0], "the token provider failed: the server is away");
        assert!(heard[1].contains("oh"), "{heard:?}");
        assert_eq!(heard[2..], ["token it of me"]);
    }

    #[test]
    fn a_provider_that_hangs_is_said_to_and_its_late_token_is_used() {
        let (answers, answer) = mpsc::channel::<()>();
        let answer = Mutex::new(answer);
        let mut tokens = tokens(move |_: &str, _: Option<&str>| {
            let _ = answer.lock().unwrap().recv();
            Ok(OauthToken::new(String::from("late"), "me", UNIX_EPOCH))
        });
        tokens.patience = Duration::from_millis(20);
        let client = Client::new([true; 1]);
        let said = tokens.ask().unwrap();
        drop(answers);
        // It answered in the end; a client that is gone while it hangs does not wait for it.
        assert!(tokens.answer(&said, &client).unwrap().is_ok());
        let hangs = mpsc::sync_channel::<Answer>(1);
        assert!(tokens.answer(&hangs.1, &Client::new([])).is_none());
        let client = Client::new([true, false]);
        assert!(tokens.answer(&hangs.1, &client).is_none());
        assert_eq!(
            client.heard()[0],
            "the token provider did not answer within 20 ms"
        );
    }

    #[test]
    fn without_a_provider_it_is_said_what_to_do() {
        let mut tokens = tokens(|_: &str, _: Option<&str>| Err("unused".into()));
        tokens.provider = Provider::default();
        let client = Client::new([]);
        tokens.keep(&client);
        let heard = client.heard();
        assert!(heard[0].contains("oauth_tokens"), "{heard:?}");
    }
}
