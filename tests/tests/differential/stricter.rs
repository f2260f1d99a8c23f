//! Where we are stricter than librdkafka, and why: the lists in the docs of `Spec::read` and of
//! `kafka_model_core::rules`.

use std::fmt;

use kafka_model_core::{Feature, Features, Kind, Setting, Spec};

/// Why we refuse a configuration.
pub enum Refusal {
    /// A value cannot be read.
    Value { spec: &'static Spec, text: String },
    /// A rule is broken.
    Rule { at: Option<Setting>, text: String },
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Value { text, .. } | Self::Rule { text, .. }) = self;
        f.write_str(text)
    }
}

/// The reason for which we refuse what librdkafka may accept, or `None` if it refuses it too.
pub fn reason(refusal: &Refusal, features: Features) -> Option<&'static str> {
    match refusal {
        Refusal::Value { spec, text } => of_value(spec, text),
        Refusal::Rule { at, text } => of_rule(*at, text, features),
    }
}

fn of_value(spec: &Spec, text: &str) -> Option<&'static str> {
    let says = |part: &str| text.contains(part);
    match spec.kind {
        _ if spec.feature == Some(Feature::Gssapi) && says("crate feature") => {
            Some("a setting for Kerberos has no effect without it")
        }
        _ if says("a secret is never a literal") => Some("a secret is never a literal"),
        Kind::Text | Kind::Patterns if says("is empty") => {
            Some("an empty text takes back what was set, silently")
        }
        Kind::Text | Kind::Patterns if says("takes a text") || says("takes comma-separated") => {
            Some("a value has a type: to librdkafka all are texts")
        }
        Kind::Text if says("entry") => Some("a broker that cannot be read is skipped"),
        Kind::Patterns => Some("a pattern is one in any library, and not by accident"),
        Kind::Bool if says("but takes ") => {
            Some("a value has a type: 1, t and \"true\" are no flags")
        }
        Kind::Int { .. } if says("\"1.5\"") => Some("a value has a type: 1.5 is no whole number"),
        Kind::Flags(_) if says("has an empty item") => {
            Some("a list with an empty item is a mistake")
        }
        Kind::Flags(_) if says("is \"+") || says("is \"-") => {
            Some("a list says what it has, not how it changes")
        }
        Kind::Flags(_) if says("is \"RANGE\"") || says("is \"BROKER\"") => {
            Some("an item is written as it is listed")
        }
        Kind::Choice(_) if spec.canonical() == Setting::SaslMechanism => {
            Some("a mechanism that does not exist, where none is used")
        }
        _ => None,
    }
}

fn of_rule(at: Option<Setting>, text: &str, features: Features) -> Option<&'static str> {
    let says = |part: &str| text.contains(part);
    if says("heartbeat_interval_ms") && says("must be below") {
        return Some("heartbeat_interval_ms below session_timeout_ms");
    }
    if says("retry_backoff_max_ms") && says("must not exceed") {
        return Some("retry_backoff_ms and the fast refresh not above retry_backoff_max_ms");
    }
    if says("must be at least one second below socket_timeout_ms") {
        return Some("fetch_wait_max_ms a second below socket_timeout_ms");
    }
    if says("have no effect") || says("has no effect") {
        return Some(match at {
            Some(Setting::GroupRemoteAssignor) => {
                "group_remote_assignor needs group_protocol = \"consumer\""
            }
            _ if says("with sasl_mechanism") => "credentials that the mechanism does not use",
            _ => "SASL and TLS settings need a protocol that uses them",
        });
    }
    if says("needs a sasl_mechanism") && features.gssapi {
        return Some("the mechanism is said, not left to be GSSAPI");
    }
    if says("needs a source of tokens") {
        return Some("OAUTHBEARER needs a source of tokens");
    }
    None
}
