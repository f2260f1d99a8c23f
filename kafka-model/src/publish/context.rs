//! What the producer calls back.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use tokio::sync::oneshot;

use super::Published;
use crate::poll::log;

/// Where the fate of a record is told.
pub(super) type Acknowledgement = oneshot::Sender<Result<Published, KafkaError>>;

/// The context of a producer.
pub(super) struct Context;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log("publish", level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        tracing::warn!(service = "publish", ?code, "{reason}");
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
