//! Names and passwords that are changed while a client lives.

use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use kafka_model_core::{Effective, Setting, Value};
use rdkafka::ClientContext;
use rdkafka::client::Client;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Connection;
use crate::native;

/// How long they are not read again.
const REST: Duration = Duration::from_secs(2);
/// A user's name and password.
pub(crate) struct Pair {
    user: SecretString,
    password: SecretString,
}

impl Pair {
    /// What the settings have now, if one of the two is read from elsewhere. It may block as long as a provider of
    /// secrets does.
    pub(crate) fn read(settings: &Effective<'static>, connection: &Connection) -> Option<Self> {
        let of = |setting| settings.find(setting).map(|(value, _)| value);
        let (user, password) = (of(Setting::SaslUsername)?, of(Setting::SaslPassword)?);
        let read = |value| match value {
            Value::From(source) => connection
                .sources
                .read(source, connection.connect_timeout)
                .ok(),
            Value::Str(text) => Some(SecretString::from(text)),
            _ => None,
        };
        Some(Self {
            user: read(user)?,
            password: read(password)?,
        })
    }

    fn is_same(&self, other: &Self) -> bool {
        self.user.expose_secret() == other.user.expose_secret()
            && self.password.expose_secret() == other.password.expose_secret()
    }

    /// Gives them to a client, which uses them from its next connection on.
    pub(crate) fn give<C: ClientContext>(&self, client: &Client<C>) {
        native::set_credentials(
            client,
            self.user.expose_secret(),
            self.password.expose_secret(),
        );
    }
}

/// The credentials of one client.
#[derive(Default)]
pub(super) struct Credentials {
    /// What was given to the client last, since it was made.
    given: Option<Pair>,
    /// What is being read again.
    under_way: Option<Receiver<Option<Pair>>>,
    asked: Option<Instant>,
}

impl Credentials {
    /// A broker refuses them: they are read again, now and then, on another thread.
    pub(super) fn read_again(
        &mut self,
        settings: &Effective<'static>,
        connection: &Connection,
        now: Instant,
    ) {
        let rests = self
            .asked
            .is_some_and(|asked| now.duration_since(asked) < REST);
        if self.under_way.is_none() && !rests {
            self.asked = Some(now);
            let (settings, connection) = (*settings, connection.clone());
            let (sender, receiver) = mpsc::sync_channel(1);
            let reading = thread::Builder::new()
                .name("kafka-secret".to_owned())
                .spawn(move || {
                    // The client may be gone.
                    let _ = sender.send(Pair::read(&settings, &connection));
                });
            self.under_way = reading.is_ok().then_some(receiver);
        }
    }

    /// Gives new ones to the client, if there are any.
    pub(super) fn renew<C: ClientContext>(&mut self, service: &str, client: &Client<C>) {
        let Some(under_way) = &self.under_way else {
            return;
        };
        match under_way.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Some(pair)) => {
                // What the client was made with is not kept, so the first ones count as new.
                if !self
                    .given
                    .as_ref()
                    .is_some_and(|given| given.is_same(&pair))
                {
                    pair.give(client);
                    tracing::info!(%service, "the credentials were read again");
                    self.given = Some(pair);
                }
            }
            Ok(None) | Err(TryRecvError::Disconnected) => {}
        }
        self.under_way = None;
    }
}
