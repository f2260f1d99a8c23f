//! Consumers with credentials of their own, which come from the environment.
//!
//! `cargo run --example security` says which variables are missing; nothing is connected. TLS needs the
//! crate feature `ssl`: `cargo run --example security --features ssl`.

use std::error::Error;

use kafka_model::{Error as KafkaError, Kafka, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

/// SASL in a trusted network. A password is never a literal; that would not compile.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "audit-events")]
#[kafka(dedicated(
    group_id = "audit",
    bootstrap_servers = env("AUDIT_BOOTSTRAP_SERVERS"),
    security_protocol = "sasl_plaintext",
    sasl_mechanism = "PLAIN",
    sasl_username = "auditor",
    sasl_password = env("AUDIT_SASL_PASSWORD"),
))]
struct AuditEvent {
    id: u64,
}

/// SASL over TLS.
#[cfg(feature = "ssl")]
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "secure-events")]
#[kafka(dedicated(
    group_id = "secure",
    security_protocol = "sasl_ssl",
    sasl_mechanism = "PLAIN",
    sasl_username = env("SECURE_SASL_USERNAME"),
    sasl_password = env("SECURE_SASL_PASSWORD"),
    ssl_ca_location = "/path/to/ca-cert",
))]
struct SecureEvent {
    id: u64,
}

#[derive(KafkaModel)]
struct Security {
    audit: Topic<AuditEvent>,
    #[cfg(feature = "ssl")]
    secure: Topic<SecureEvent>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let kafka = Kafka::from_env()?;
    match Security::register_all(&kafka) {
        Ok(security) => {
            println!(
                "everything is there; {} could be consumed",
                security.audit.name()
            );
            #[cfg(feature = "ssl")]
            println!("and {}", security.secure.name());
        }
        // All that is missing, at once.
        Err(KafkaError::Register(error)) => println!("{error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
