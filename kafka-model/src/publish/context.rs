//! What the producer calls back.

use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use tokio::sync::oneshot;

use super::Published;
use super::many::OneOf;
use crate::poll::{Complaints, log};

/// Where the fate of a record is told.
pub(super) enum Acknowledgement {
    /// To who waits for it alone.
    One(oneshot::Sender<Result<Published, KafkaError>>),
    /// Among others'.
    OneOf(OneOf),
}

/// The context of a producer.
#[derive(Default)]
pub(super) struct Context {
    complaints: Complaints,
    /// A broker has refused the credentials since this was last looked at.
    pub(super) refused: AtomicBool,
}

impl ClientContext for Context {
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
        match *acknowledgement {
            // Whoever published may have stopped waiting.
            Acknowledgement::One(sender) => drop(sender.send(result)),
            Acknowledgement::OneOf(record) => record.tell(result),
        }
    }
}
