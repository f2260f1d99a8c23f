//! What librdkafka's words mean, as far as they are clear.

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The listener has no SASL.
    NoSasl,
    /// The broker refused who it is, in these words.
    Refused(String),
    /// There is no token, for this reason.
    NoToken(String),
    /// The broker ended the TLS connection with this alert (RFC 8446, section 6): the client's certificate is missing or
    /// refused.
    Alert(String),
    /// The broker ended the TLS connection before anything was agreed upon.
    NothingInCommon,
    /// Something else, or nothing.
    Other,
}

impl Said {
    pub(super) fn of(complaint: &str) -> Self {
        if let Some((_, mechanisms)) = complaint.split_once("broker's supported mechanisms:") {
            let mechanisms = without_state(mechanisms).trim();
            return if mechanisms.is_empty() {
                Self::NoSasl
            } else {
                Self::Refused(format!("it takes other mechanisms only: {mechanisms}"))
            };
        }
        for refused in [
            "SASL authentication error: ",
            "SASL authentication failure: ",
        ] {
            if let Some((_, reason)) = complaint.split_once(refused) {
                return Self::Refused(without_state(reason).to_owned());
            }
        }
        for missing in [
            "Failed to acquire SASL OAUTHBEARER token: ",
            "there is no token available; last error: ",
        ] {
            if let Some((_, reason)) = complaint.split_once(missing) {
                return Self::NoToken(without_state(reason).to_owned());
            }
        }
        let certificate = [
            "alert bad certificate",
            "alert certificate unknown",
            "alert certificate required",
            "alert certificate expired",
            "alert unknown ca",
        ];
        if complaint.contains("alert handshake failure") {
            return Self::NothingInCommon;
        }
        match certificate.iter().find(|alert| complaint.contains(*alert)) {
            Some(alert) => Self::Alert(alert.trim_start_matches("alert ").to_owned()),
            None => Self::Other,
        }
    }
}

/// `text` without `(after 4ms in state AUTH_REQ)`.
fn without_state(text: &str) -> &str {
    text.rsplit_once(" (after ").map_or(text, |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_librdkafka_2_12_1_says_is_understood() {
        let refused = |reason: &str| Said::Refused(reason.to_owned());
        let alert = |alert: &str| Said::Alert(alert.to_owned());
        for (complaint, said) in [
            (
                "sasl_ssl://127.0.0.1:1/bootstrap: SASL authentication error: Authentication failed: Invalid username \
                 or password (after 4ms in state AUTH_REQ)",
                refused("Authentication failed: Invalid username or password"),
            ),
            (
                "sasl_ssl://127.0.0.1:1/bootstrap: SASL authentication error: {\"status\":\"invalid_token\"} (after \
                 2ms in state AUTH_REQ, 1 identical error(s) suppressed)",
                refused("{\"status\":\"invalid_token\"}"),
            ),
            (
                "sasl_plaintext://127.0.0.1:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Request not \
                 valid in current SASL state: broker's supported mechanisms:  (after 0ms in state AUTH_HANDSHAKE)",
                Said::NoSasl,
            ),
            (
                "sasl_plaintext://127.0.0.1:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Unsupported \
                 SASL mechanism: broker's supported mechanisms: SCRAM-SHA-256,GSSAPI (after 0ms in state \
                 AUTH_HANDSHAKE)",
                refused("it takes other mechanisms only: SCRAM-SHA-256,GSSAPI"),
            ),
            (
                "ssl://127.0.0.1:1/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad \
                 certificate: SSL alert number 42 (after 0ms in state APIVERSION_QUERY)",
                alert("bad certificate"),
            ),
            (
                "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify \
                 failed: broker certificate could not be verified",
                Said::Other,
            ),
            (
                "Failed to acquire SASL OAUTHBEARER token: the token provider failed: the server is away",
                Said::NoToken("the token provider failed: the server is away".to_owned()),
            ),
            (
                "sasl_ssl://127.0.0.1:1/bootstrap: Failed to initialize SASL authentication: OAUTHBEARER cannot log in \
                 because there is no token available; last error: (not available) (after 1ms in state AUTH_REQ)",
                Said::NoToken("(not available)".to_owned()),
            ),
            (
                "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000410:SSL routines::sslv3 alert handshake \
                 failure: SSL alert number 40 (after 2ms in state SSL_HANDSHAKE)",
                Said::NothingInCommon,
            ),
            (
                "127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused",
                Said::Other,
            ),
            ("", Said::Other),
        ] {
            assert_eq!(Said::of(complaint), said, "{complaint}");
        }
    }
}
