//! Why a client does not get in: what librdkafka says often does not tell which of several causes it is, so the
//! listener is asked again, by us.

mod listener;
#[cfg(feature = "ssl")]
mod tls;
mod words;

use std::time::Duration;

use kafka_model_core::{Effective, Setting};

use crate::config::Connection;
use crate::error::ServiceError;
use listener::Listener;
use words::Said;

/// What a client that is to be connected has.
pub(crate) struct Client<'a> {
    pub(crate) settings: &'a Effective<'static>,
    pub(crate) connection: &'a Connection,
    /// The addresses that were tried.
    pub(crate) brokers: &'a str,
}

impl Client<'_> {
    /// Why no broker let it in within `within`. `complaint` is what the client last said. It takes some seconds, and
    /// must not be called where that would hold up anybody.
    pub(crate) fn diagnose(&self, within: Duration, complaint: Option<&str>) -> ServiceError {
        let brokers = self.brokers.to_owned();
        let protocol = self.text(Setting::SecurityProtocol).unwrap_or("plaintext");
        let has_tls = protocol.ends_with("ssl");
        let has_sasl = protocol.starts_with("sasl");
        let other_protocol =
            |listener: &'static str, instead: &'static str| ServiceError::Protocol {
                brokers: brokers.clone(),
                protocol: protocol.to_owned(),
                listener,
                instead,
            };
        match Said::of(complaint.unwrap_or_default()) {
            Said::NoSasl => {
                let instead = if has_tls { "ssl" } else { "plaintext" };
                return other_protocol("takes no SASL", instead);
            }
            Said::Refused(reason) => return self.refused(&reason),
            Said::Alert(alert) => {
                return ServiceError::Tls {
                    brokers,
                    problem: self.client_certificate(alert),
                };
            }
            Said::Other => {}
        }
        if let Some(listener) = Listener::reach(self.brokers) {
            if has_tls {
                #[cfg(feature = "ssl")]
                match tls::look(&listener, self) {
                    tls::Seen::NoTls => {
                        let instead = if has_sasl {
                            "sasl_plaintext"
                        } else {
                            "plaintext"
                        };
                        return other_protocol("does not speak TLS", instead);
                    }
                    tls::Seen::Problem(problem) => return ServiceError::Tls { brokers, problem },
                    // It lets anybody in, and closes the connection at the first real request.
                    tls::Seen::Tls if !has_sasl && complaint.is_none() => {
                        return other_protocol("wants SASL", "sasl_ssl");
                    }
                    tls::Seen::Tls => {}
                }
            } else if complaint.is_none() {
                match listener.ask() {
                    listener::Answer::Kafka if !has_sasl => {
                        return other_protocol("wants SASL", "sasl_plaintext");
                    }
                    listener::Answer::Closed => {
                        let instead = if has_sasl { "sasl_ssl" } else { "ssl" };
                        return other_protocol("speaks TLS", instead);
                    }
                    listener::Answer::Kafka | listener::Answer::Nothing => {}
                }
            }
        }
        ServiceError::Unreachable {
            brokers,
            within,
            reason: complaint.map(str::to_owned),
        }
    }

    /// That a broker refused who the client is, in these words.
    pub(crate) fn refused(&self, reason: &str) -> ServiceError {
        let reason = match Said::of(reason) {
            Said::Refused(reason) => reason,
            _ => reason.to_owned(),
        };
        ServiceError::Authentication {
            brokers: self.brokers.to_owned(),
            mechanism: self
                .text(Setting::SaslMechanism)
                .unwrap_or("GSSAPI")
                .to_owned(),
            user: match self
                .connection
                .text(self.settings, Setting::SaslUsername)
                .as_str()
            {
                "" => String::new(),
                user => format!(" as `{user}`"),
            },
            reason,
        }
    }

    /// The text of a setting, if it stands among the settings.
    fn text(&self, setting: Setting) -> Option<&'static str> {
        self.settings.str(setting)
    }

    /// What is wrong with the client's certificate, which the broker refused with `alert`.
    fn client_certificate(&self, alert: String) -> crate::error::TlsProblem {
        use crate::error::TlsProblem;
        let given = [
            Setting::SslCertificateLocation,
            Setting::SslCertificatePem,
            Setting::SslKeystoreLocation,
        ];
        if !given
            .iter()
            .any(|setting| self.settings.find(*setting).is_some())
        {
            return TlsProblem::ClientCertificateWanted { alert };
        }
        #[cfg(feature = "ssl")]
        if let Some(expired) = self
            .text(Setting::SslCertificateLocation)
            .and_then(tls::expired)
        {
            return TlsProblem::ClientCertificateExpired { at: expired };
        }
        TlsProblem::ClientCertificateRefused { alert }
    }
}
