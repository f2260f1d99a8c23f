//! What the producer calls back.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use tokio::sync::oneshot;

use super::Published;
use crate::config::{Connection, Tokens};
use crate::poll::{Complaints, log};

/// Where the fate of a record is told.
pub(super) type Acknowledgement = oneshot::Sender<Result<Published, KafkaError>>;

/// The context of a producer.
pub(super) struct Context {
    complaints: Complaints,
    tokens: Tokens,
    /// A broker has refused the credentials since this was last looked at.
    pub(super) refused: AtomicBool,
}

impl Context {
    pub(super) fn new(connection: &Connection) -> Self {
        Self {
            complaints: Complaints::default(),
            tokens: connection.tokens.of("publish"),
            refused: AtomicBool::new(false),
        }
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.tokens.next(config)
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log("publish", level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication) {
            self.refused.store(true, Ordering::Relaxed);
        }
        self.complaints.note("publish", &error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Acknowledgement>;

    fn delivery(&self, result: &DeliveryResult<'_>, acknowledgement: Self::DeliveryOpaque) {
        let result = match result {
            Ok(message) => Ok(Published {
                partition: message.partition(),
                offset: message.offset(),
            }),
            Err((error, _)) => Err(error.clone()),
        };
        // Whoever published may have stopped waiting.
        let _ = acknowledgement.send(result);
    }
}
