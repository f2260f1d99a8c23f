//! Why a client does not get in: what librdkafka says often does not tell which of several causes it is, so the
//! listener is asked again, by us.

mod listener;
#[cfg(feature = "ssl")]
mod tls;
mod words;

use std::time::Duration;

use kafka_model_core::{Effective, Setting, Value};

use crate::config::Connection;
use crate::error::ServiceError;
use listener::Listener;
use words::Said;

/// Whether a client that says this was refused by a broker for who it is.
pub(crate) fn is_refusal(complaint: &str) -> bool {
    matches!(Said::of(complaint), Said::Refused(_))
}

/// Whether it is clear what a client means that says this.
pub(crate) fn is_understood(complaint: &str) -> bool {
    Said::of(complaint) != Said::Other
}

/// What a client that is to be connected has.
pub(crate) struct Client<'a> {
    pub(crate) settings: &'a Effective<'static>,
    #[cfg_attr(
        not(feature = "ssl"),
        allow(dead_code, reason = "certificates are read by it")
    )]
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
            Said::Refused(reason) => return self.refused(reason),
            Said::NoToken(reason) => return ServiceError::Token { reason },
            Said::Alert(alert) => {
                return ServiceError::Tls {
                    brokers,
                    problem: self.client_certificate(alert),
                };
            }
            Said::NothingInCommon => {
                let reason = "it ended the handshake (handshake failure): the two have no cipher or version of TLS in common, \
                              or it wants a certificate of the client";
                return ServiceError::Tls {
                    brokers,
                    problem: crate::error::TlsProblem::Other {
                        reason: reason.to_owned(),
                    },
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
                    tls::Seen::Tls(listener::Answer::Sasl) if !has_sasl => {
                        return other_protocol("wants SASL", "sasl_ssl");
                    }
                    tls::Seen::Tls(_) => {}
                }
            } else if complaint.is_none() {
                match listener.ask() {
                    listener::Answer::Sasl if !has_sasl => {
                        return other_protocol("wants SASL", "sasl_plaintext");
                    }
                    listener::Answer::Closed => {
                        let instead = if has_sasl { "sasl_ssl" } else { "ssl" };
                        return other_protocol("speaks TLS", instead);
                    }
                    listener::Answer::Kafka
                    | listener::Answer::Sasl
                    | listener::Answer::Nothing => {}
                }
            }
        }
        ServiceError::Unreachable {
            brokers,
            within,
            reason: complaint.map(str::to_owned),
        }
    }

    /// That a broker refused who the client is, for this reason.
    fn refused(&self, reason: String) -> ServiceError {
        ServiceError::Authentication {
            brokers: self.brokers.to_owned(),
            mechanism: self
                .text(Setting::SaslMechanism)
                .unwrap_or("GSSAPI")
                .to_owned(),
            // Who keeps the name elsewhere may want it to be unknown.
            user: match self.settings.find(Setting::SaslUsername) {
                Some((Value::Str(user), _)) => format!(" as `{user}`"),
                Some((Value::From(source), _)) => format!(" as the user in {source}"),
                _ => String::new(),
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
