//! A TLS handshake that finds out why librdkafka's failed, with the same OpenSSL.

use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use kafka_model_core::Setting;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::ssl::{HandshakeError, SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::{X509, X509Ref, X509VerifyResult};

use super::Client;
use super::listener::Listener;
use crate::error::TlsProblem;

/// What a listener was seen to do.
pub(super) enum Seen {
    /// It speaks TLS, and its certificate is right.
    Tls,
    /// It does not speak TLS.
    NoTls,
    /// It does, but librdkafka could not accept it.
    Problem(TlsProblem),
}

/// Shakes hands with `listener`.
pub(super) fn look(listener: &Listener, client: &Client<'_>) -> Seen {
    match shake_hands(listener, client) {
        Ok(seen) => seen,
        Err(error) => Seen::Problem(TlsProblem::Other {
            reason: error.to_string(),
        }),
    }
}

fn shake_hands(listener: &Listener, client: &Client<'_>) -> Result<Seen, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    let authority = client.text(Setting::SslCaLocation);
    if let Some(path) = authority.filter(|path| *path != "probe") {
        if let Err(error) = fs::metadata(path) {
            return Ok(Seen::Problem(TlsProblem::Other {
                reason: format!("`ssl_ca_location` = \"{path}\" cannot be read: {error}"),
            }));
        }
        if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            builder.set_ca_file(path)?;
        }
    }
    // The handshake goes on, so that all of it is seen; the first thing that is wrong is what counts.
    let wrong: Arc<Mutex<Option<TlsProblem>>> = Arc::default();
    let found = Arc::clone(&wrong);
    let host = listener.host.clone();
    let trusted = authority.unwrap_or("the system's").to_owned();
    builder.set_verify_callback(SslVerifyMode::PEER, move |good, context| {
        if !good {
            let certificate = context.current_cert();
            let problem = problem(context.error(), certificate, &host, &trusted);
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(problem);
        }
        true
    });
    let mut configuration = builder.build().configure()?;
    let checks_host = client.text(Setting::SslEndpointIdentificationAlgorithm) != Some("none");
    configuration.set_verify_hostname(checks_host);
    let stream = match listener.stream.try_clone() {
        Ok(stream) => stream,
        Err(_) => return Ok(Seen::Tls),
    };
    let shaken = configuration.connect(&listener.host, stream);
    let verify = client
        .settings
        .find(Setting::EnableSslCertificateVerification)
        .is_none_or(|_| {
            client
                .settings
                .bool(Setting::EnableSslCertificateVerification)
        });
    let wrong = wrong
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .filter(|_| verify);
    Ok(match (wrong, shaken) {
        (Some(problem), _) => Seen::Problem(problem),
        (None, Ok(_)) => Seen::Tls,
        (None, Err(HandshakeError::SetupFailure(error))) => return Err(error),
        (None, Err(HandshakeError::Failure(broken) | HandshakeError::WouldBlock(broken))) => {
            ended(broken.error())
        }
    })
}

/// What it means that a handshake ended so, before there was a certificate.
fn ended(error: &openssl::ssl::Error) -> Seen {
    let is_gone = error.io_error().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
        )
    });
    let text = error.to_string();
    // Whoever does not speak TLS closes the connection, or answers with something else.
    let is_no_tls = is_gone
        || error.ssl_error().is_none() && error.io_error().is_none()
        || [
            "wrong version number",
            "unexpected eof",
            "packet length",
            "http request",
        ]
        .iter()
        .any(|sign| text.contains(sign));
    if is_no_tls {
        Seen::NoTls
    } else {
        Seen::Problem(TlsProblem::Other { reason: text })
    }
}

fn problem(
    error: X509VerifyResult,
    certificate: Option<&X509Ref>,
    host: &str,
    trusted: &str,
) -> TlsProblem {
    // OpenSSL's numbers (x509_vfy.h): 9 not yet valid, 10 expired, 62 and 64 another host or address; 2, 18, 19, 20 and
    // 21 are about who signed it.
    match error.as_raw() {
        10 => TlsProblem::Expired {
            at: certificate.map_or_else(String::new, |found| time(found.not_after())),
        },
        9 => TlsProblem::NotYetValid {
            from: certificate.map_or_else(String::new, |found| time(found.not_before())),
        },
        62 | 64 => TlsProblem::OtherHost {
            host: host.to_owned(),
            names: certificate.map_or_else(String::new, names),
        },
        2 | 18 | 19 | 20 | 21 => TlsProblem::UnknownAuthority {
            authority: certificate.map_or_else(String::new, issuer),
            trusted: trusted.to_owned(),
        },
        _ => TlsProblem::Other {
            reason: error.error_string().to_owned(),
        },
    }
}

fn time(time: &Asn1TimeRef) -> String {
    time.to_string()
}

/// The names that a certificate is for.
fn names(certificate: &X509Ref) -> String {
    let names: Vec<_> = certificate
        .subject_alt_names()
        .into_iter()
        .flatten()
        .filter_map(|name| name.dnsname().map(|name| format!("`{name}`")))
        .collect();
    names.join(", ")
}

/// Who signed a certificate.
fn issuer(certificate: &X509Ref) -> String {
    let entries = certificate.issuer_name().entries();
    let names: Vec<_> = entries
        .filter_map(|entry| entry.data().to_string().ok())
        .map(|name| name.to_string())
        .collect();
    names.join(", ")
}

/// When the certificate in this file expired, if it did.
pub(super) fn expired(path: &str) -> Option<String> {
    let certificate = X509::from_pem(&fs::read(path).ok()?).ok()?;
    let now = Asn1Time::days_from_now(0).ok()?;
    let is_over = certificate
        .not_after()
        .compare(&now)
        .is_ok_and(|order| order.is_lt());
    is_over.then(|| time(certificate.not_after()))
}
