//! A TLS handshake that finds out why librdkafka's failed, with the same OpenSSL.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use kafka_model_core::{Setting, Value};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::ssl::{HandshakeError, SslConnector, SslFiletype, SslMethod, SslVerifyMode};
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder};
use openssl::x509::{X509, X509NameRef, X509Ref, X509VerifyResult};

use super::Client;
use super::listener::{self, Answer, Listener};
use crate::error::TlsProblem;

/// What a listener was seen to do.
pub(super) enum Seen {
    /// It speaks TLS, and its certificate is right. What it does with requests then.
    Tls(Answer),
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
    let trusted = match authorities(client)? {
        Ok((store, trusted)) => {
            builder.set_cert_store(store);
            trusted
        }
        Err(problem) => return Ok(Seen::Problem(problem)),
    };
    // The handshake goes on, so that all of it is seen; the first thing that is wrong is what counts.
    let wrong: Arc<Mutex<Option<TlsProblem>>> = Arc::default();
    let found = Arc::clone(&wrong);
    let host = listener.host.clone();
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
        Err(_) => return Ok(Seen::Tls(Answer::Nothing)),
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
        (None, Ok(mut stream)) => Seen::Tls(listener::ask(&mut stream)),
        (None, Err(HandshakeError::SetupFailure(error))) => return Err(error),
        // It says nothing, which is no matter of TLS.
        (None, Err(HandshakeError::WouldBlock(_))) => Seen::Tls(Answer::Nothing),
        (None, Err(HandshakeError::Failure(broken))) => ended(broken.error()),
    })
}

/// The authorities that the client trusts, and what they are called.
#[allow(
    clippy::type_complexity,
    reason = "what went wrong in OpenSSL is no problem of the client's"
)]
fn authorities(client: &Client<'_>) -> Result<Result<(X509Store, String), TlsProblem>, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    let given = |setting| {
        let value = client.settings.find(setting).map(|(value, _)| value)?;
        let text = client.connection.text_of(value);
        // What stands elsewhere is named by its place.
        let name = match value {
            Value::From(source) => source.to_string(),
            _ => text.clone(),
        };
        Some((text, name))
    };
    if let Some((pem, _)) = given(Setting::SslCaPem) {
        for certificate in X509::stack_from_pem(pem.as_bytes())? {
            store.add_cert(certificate)?;
        }
        return Ok(Ok((store.build(), "those of `ssl_ca_pem`".to_owned())));
    }
    let Some((path, name)) = given(Setting::SslCaLocation).filter(|(path, _)| path != "probe")
    else {
        store.set_default_paths()?;
        return Ok(Ok((store.build(), "the system's".to_owned())));
    };
    match fs::metadata(&path) {
        Err(error) => {
            return Ok(Err(TlsProblem::Other {
                reason: format!("`ssl_ca_location` = \"{name}\" cannot be read: {error}"),
            }));
        }
        Ok(found) if found.is_dir() => {
            let lookup = store.add_lookup(X509Lookup::hash_dir())?;
            lookup.add_dir(&path, SslFiletype::PEM)?;
        }
        Ok(_) => {
            for certificate in X509::stack_from_pem(&fs::read(&path).unwrap_or_default())? {
                store.add_cert(certificate)?;
            }
        }
    }
    Ok(Ok((store.build(), name)))
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
            authority: certificate.map_or_else(String::new, |found| text(found.issuer_name())),
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

/// The names and addresses that a certificate is for.
fn names(certificate: &X509Ref) -> String {
    let names: Vec<_> = certificate
        .subject_alt_names()
        .into_iter()
        .flatten()
        .filter_map(|name| match (name.dnsname(), name.ipaddress()) {
            (Some(name), _) => Some(format!("`{name}`")),
            (None, Some(address)) => Some(format!("`{}`", ip(address)?)),
            (None, None) => None,
        })
        .collect();
    if names.is_empty() {
        return format!(
            "`{}` (its subject: it names no host)",
            text(certificate.subject_name())
        );
    }
    names.join(", ")
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

fn text(name: &X509NameRef) -> String {
    let names: Vec<_> = name
        .entries()
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
