//! The rules of one consumer, each with its nearest legal neighbour.

mod common;

use common::{ALL, texts};
use kafka_model_core::rules::{consumer, drain_timeout_ms, processing};
use kafka_model_core::setting::FRAMEWORK_DEFAULTS;
use kafka_model_core::{Effective, Features, Given, Level, Setting};

fn dedicated<'a>(given: &'a [Given<'a>]) -> Effective<'a> {
    Effective::empty()
        .with(Level::Framework, FRAMEWORK_DEFAULTS)
        .with(Level::Dedicated, given)
}

#[track_caller]
fn breaks(given: &[Given<'_>], text: &str) {
    assert_eq!(texts(&consumer(&dedicated(given), ALL)), [text]);
}

#[track_caller]
fn keeps(given: &[Given<'_>]) {
    assert_eq!(texts(&consumer(&dedicated(given), ALL)), [""; 0]);
}

#[test]
fn the_defaults_break_nothing() {
    keeps(&[]);
    assert!(processing(&dedicated(&[]), false).is_empty());
}

#[test]
fn session_within_poll() {
    breaks(
        given! { session_timeout_ms = 45_000, max_poll_interval_ms = "10s" },
        "session_timeout_ms (45000) must not exceed max_poll_interval_ms (10000): \
         lower session_timeout_ms, for instance to \"10s\", or raise max_poll_interval_ms",
    );
    breaks(
        given! { max_poll_interval_ms = "10s" },
        "session_timeout_ms (45000, the default) must not exceed max_poll_interval_ms (10000): \
         lower session_timeout_ms, for instance to \"10s\", or raise max_poll_interval_ms",
    );
    keeps(given! { session_timeout_ms = "10s", max_poll_interval_ms = "10s" });
}

#[test]
fn the_level_of_a_value_is_told_when_the_other_has_another() {
    let (model, message) = (
        given! { max_poll_interval_ms = "10s" },
        given! { session_timeout_ms = "20s" },
    );
    let settings = Effective::empty()
        .with(Level::Model, model)
        .with(Level::Dedicated, message);
    let found = consumer(&settings, ALL);
    assert_eq!(
        texts(&found),
        [
            "session_timeout_ms (20000, given by the message type's `dedicated(...)`) must not exceed \
          max_poll_interval_ms (10000, given by the model): \
          lower session_timeout_ms, for instance to \"10s\", or raise max_poll_interval_ms"
        ]
    );
    let first = found.get(0).unwrap();
    assert_eq!(
        (first.at, first.with),
        (
            Some(Setting::SessionTimeoutMs),
            Some(Setting::MaxPollIntervalMs)
        )
    );
}

#[test]
fn heartbeat_below_session() {
    breaks(
        given! { heartbeat_interval_ms = "6s", session_timeout_ms = "6s" },
        "heartbeat_interval_ms (6000) must be below session_timeout_ms (6000): \
         lower heartbeat_interval_ms, for instance to \"2s\", or raise session_timeout_ms",
    );
    breaks(
        given! { session_timeout_ms = "3s" },
        "heartbeat_interval_ms (3000, the default) must be below session_timeout_ms (3000): \
         lower heartbeat_interval_ms, for instance to \"1s\", or raise session_timeout_ms",
    );
    breaks(
        given! { session_timeout_ms = 1, heartbeat_interval_ms = 1 },
        "heartbeat_interval_ms (1) must be below session_timeout_ms (1): \
         raise session_timeout_ms, for instance to 3",
    );
    keeps(given! { heartbeat_interval_ms = 5_999, session_timeout_ms = "6s" });
}

#[test]
fn the_new_group_protocol_has_its_own_settings() {
    breaks(
        given! { group_protocol = "consumer", session_timeout_ms = "6s" },
        "session_timeout_ms is not supported under group_protocol = \"consumer\": \
         leave it out, since the broker decides on it (group.consumer.*)",
    );
    breaks(
        given! { group_protocol = "consumer", partition_assignment_strategy = "range" },
        "partition_assignment_strategy is not supported under group_protocol = \"consumer\": \
         use group_remote_assignor instead",
    );
    assert_eq!(
        consumer(
            &dedicated(given! { group_protocol = "consumer", heartbeat_interval_ms = 1 }),
            ALL
        )
        .len(),
        1
    );
    keeps(
        given! { group_protocol = "consumer", max_poll_interval_ms = 1, group_remote_assignor = "uniform" },
    );
    breaks(
        given! { group_remote_assignor = "uniform" },
        "group_remote_assignor has no effect under group_protocol = \"classic\" (the default): \
         use partition_assignment_strategy instead, or set group_protocol = \"consumer\"",
    );
    keeps(given! { group_protocol = "classic", partition_assignment_strategy = "range" });
}

#[test]
fn assignors_do_not_mix() {
    breaks(
        given! { partition_assignment_strategy = "range, cooperative-sticky" },
        "partition_assignment_strategy = \"range, cooperative-sticky\" mixes assignors that stop all partitions \
         at a rebalance with one that does not: \
         write either \"cooperative-sticky\" or a selection of \"range\", \"roundrobin\"",
    );
    keeps(given! { partition_assignment_strategy = "range,roundrobin" });
    keeps(given! { partition_assignment_strategy = "cooperative-sticky,cooperative-sticky" });
}

#[test]
fn backoffs_grow() {
    breaks(
        given! { reconnect_backoff_ms = "11s" },
        "reconnect_backoff_ms (11000) must not exceed reconnect_backoff_max_ms (10000, the default): \
         lower reconnect_backoff_ms, for instance to \"10s\", or raise reconnect_backoff_max_ms",
    );
    keeps(given! { reconnect_backoff_ms = "10s" });
    breaks(
        given! { retry_backoff_ms = "2s", retry_backoff_max_ms = 1_999 },
        "retry_backoff_ms (2000) must not exceed retry_backoff_max_ms (1999): \
         lower retry_backoff_ms, for instance to 1999, or raise retry_backoff_max_ms",
    );
    keeps(given! { retry_backoff_ms = "2s", retry_backoff_max_ms = "2s" });
    breaks(
        given! { topic_metadata_refresh_fast_interval_ms = 1_001 },
        "topic_metadata_refresh_fast_interval_ms (1001) must not exceed retry_backoff_max_ms (1000, the default): \
         lower topic_metadata_refresh_fast_interval_ms, for instance to \"1s\", or raise retry_backoff_max_ms",
    );
    // Not given, it follows `retry_backoff_ms`, so its own default is not held against anything.
    keeps(given! { retry_backoff_ms = 50, retry_backoff_max_ms = 50 });
}

#[test]
fn a_fetch_ends_before_its_request_times_out() {
    breaks(
        given! { fetch_wait_max_ms = "60s" },
        "fetch_wait_max_ms (60000) must be at least one second below socket_timeout_ms (60000, the default): \
         lower fetch_wait_max_ms, for instance to \"59s\", or raise socket_timeout_ms",
    );
    keeps(given! { fetch_wait_max_ms = "59s" });
    breaks(
        given! { socket_timeout_ms = 500 },
        "fetch_wait_max_ms (500, the default) must be at least one second below socket_timeout_ms (500): \
         raise socket_timeout_ms, for instance to 1500",
    );
}

#[test]
fn sizes_fit_into_each_other() {
    breaks(
        given! { fetch_max_bytes = "500kB" },
        "message_max_bytes (1000000, the default) must not exceed fetch_max_bytes (500000): \
         lower message_max_bytes, for instance to \"500kB\", or raise fetch_max_bytes",
    );
    breaks(
        given! { fetch_max_bytes = 0 },
        "message_max_bytes (1000000, the default) must not exceed fetch_max_bytes (0): \
         raise fetch_max_bytes, for instance to \"1MB\"",
    );
    keeps(given! { fetch_max_bytes = "1MB" });
    keeps(given! { message_max_bytes = "100MB" });
    breaks(
        given! { fetch_max_bytes = "50MiB", receive_message_max_bytes = "50MiB" },
        "receive_message_max_bytes (52428800) must be at least 512 bytes above fetch_max_bytes (52428800): \
         raise receive_message_max_bytes, for instance to 52429312, or lower fetch_max_bytes",
    );
    keeps(given! { fetch_max_bytes = "50MiB", receive_message_max_bytes = 52_429_312 });
    breaks(
        given! { receive_message_max_bytes = "10MB" },
        "receive_message_max_bytes (10000000) must be at least 512 bytes above \
         fetch_max_bytes (52428800, the default): \
         raise receive_message_max_bytes, for instance to 52429312, or lower fetch_max_bytes",
    );
    breaks(
        given! { receive_message_max_bytes = "10MB", message_max_bytes = "60MB" },
        "receive_message_max_bytes (10000000) must be at least 512 bytes above \
         the largest fetch, which follows message_max_bytes (60000000): \
         raise receive_message_max_bytes, for instance to 60000512, or lower message_max_bytes",
    );
    keeps(given! { receive_message_max_bytes = "10MB", queued_max_messages_kbytes = "9MiB" });
}

#[test]
fn a_sasl_protocol_needs_its_mechanism_and_credentials() {
    breaks(
        given! { security_protocol = "sasl_ssl" },
        "security_protocol = \"sasl_ssl\" needs a sasl_mechanism: \
         write for instance sasl_mechanism = \"SCRAM-SHA-512\" or \"PLAIN\"",
    );
    breaks(
        given! { security_protocol = "sasl_ssl", sasl_mechanism = "PLAIN" },
        "sasl_mechanism = \"PLAIN\" needs sasl_username and sasl_password: \
         write sasl_username = \"...\", sasl_password = env(\"NAME\")",
    );
    breaks(
        given! { security_protocol = "sasl_ssl", sasl_mechanism = "SCRAM-SHA-256", sasl_username = "a" },
        "sasl_mechanism = \"SCRAM-SHA-256\" needs sasl_password: write sasl_password = env(\"NAME\")",
    );
    breaks(
        given! { security_protocol = "sasl_plaintext", sasl_mechanism = "PLAIN", sasl_password = "env:P" },
        "sasl_mechanism = \"PLAIN\" needs sasl_username: write sasl_username = \"...\"",
    );
    keeps(given! {
        security_protocol = "sasl_ssl", sasl_mechanism = "SCRAM-SHA-256", sasl_username = "a", sasl_password = "env:P",
    });
    keeps(
        given! { security_protocol = "sasl_ssl", sasl_mechanism = "GSSAPI", sasl_kerberos_service_name = "kafka" },
    );
    // Its tokens are the program's.
    keeps(given! { security_protocol = "sasl_ssl", sasl_mechanism = "OAUTHBEARER" });
    keeps(given! {
        security_protocol = "sasl_ssl", sasl_mechanism = "OAUTHBEARER", enable_sasl_oauthbearer_unsecure_jwt = true,
    });
}

#[test]
fn credentials_fit_their_mechanism() {
    breaks(
        given! { security_protocol = "sasl_ssl", sasl_mechanism = "GSSAPI", sasl_username = "a", sasl_password = "env:P" },
        "sasl_username, sasl_password have no effect with sasl_mechanism = \"GSSAPI\": \
         leave them out, or choose the sasl_mechanism that uses them",
    );
    breaks(
        given! {
            security_protocol = "sasl_ssl", sasl_mechanism = "PLAIN", sasl_username = "a", sasl_password = "env:P",
            sasl_kerberos_keytab = "/k",
        },
        "sasl_kerberos_keytab has no effect with sasl_mechanism = \"PLAIN\": \
         leave it out, or choose the sasl_mechanism that uses it",
    );
}

#[test]
fn security_settings_need_a_protocol_that_uses_them() {
    breaks(
        given! { sasl_mechanism = "PLAIN", sasl_username = "a", sasl_password = "env:P" },
        "sasl_mechanism, sasl_username, sasl_password have no effect under \
         security_protocol = \"plaintext\" (the default): \
         set security_protocol = \"sasl_ssl\" (or \"sasl_plaintext\"), or leave them out",
    );
    breaks(
        given! { security_protocol = "ssl", sasl_username = "a" },
        "sasl_username has no effect under security_protocol = \"ssl\": set security_protocol = \"sasl_ssl\", or leave it out",
    );
    breaks(
        given! { ssl_ca_location = "/ca.pem" },
        "ssl_ca_location has no effect under security_protocol = \"plaintext\" (the default): \
         set security_protocol = \"ssl\" (or \"sasl_ssl\"), or leave it out",
    );
    keeps(given! { security_protocol = "ssl", ssl_ca_location = "/ca.pem" });
}

#[test]
fn what_a_stronger_level_turns_off_may_stay_below_it() {
    let model = given! {
        security_protocol = "sasl_ssl", sasl_mechanism = "PLAIN", sasl_username = "a", sasl_password = "env:P",
        ssl_ca_location = "/ca.pem",
    };
    let base = Effective::empty().with(Level::Model, model);
    assert!(consumer(&base, ALL).is_empty());
    assert!(
        consumer(
            &base.with(Level::Dedicated, given! { security_protocol = "plaintext" }),
            ALL
        )
        .is_empty()
    );
    let both = given! { security_protocol = "plaintext", sasl_username = "b" };
    assert_eq!(consumer(&base.with(Level::Dedicated, both), ALL).len(), 1);
    assert!(
        consumer(
            &base.with(Level::Dedicated, given! { sasl_mechanism = "GSSAPI" }),
            ALL
        )
        .is_empty()
    );
}

#[test]
fn keys_have_certificates_and_key_stores_passwords() {
    breaks(
        given! { security_protocol = "ssl", ssl_keystore_location = "/k.p12" },
        "ssl_keystore_location needs ssl_keystore_password: write ssl_keystore_password = env(\"NAME\")",
    );
    keeps(
        given! { security_protocol = "ssl", ssl_keystore_location = "/k.p12", ssl_keystore_password = "env:P" },
    );
    breaks(
        given! { security_protocol = "ssl", ssl_key_location = "/k.pem" },
        "ssl_key_location needs the certificate that belongs to it: write ssl_certificate_location = \"...\"",
    );
    keeps(
        given! { security_protocol = "ssl", ssl_key_location = "/k.pem", ssl_certificate_location = "/c.pem" },
    );
}

#[test]
fn features_are_missed_once_levels_are_merged() {
    let model = given! { security_protocol = "ssl", ssl_ca_location = "/ca.pem" };
    let settings = Effective::empty().with(Level::Model, model);
    assert_eq!(
        texts(&consumer(&settings, Features::default())),
        [
            "security_protocol = \"ssl\" needs the crate feature `ssl`: add features = [\"ssl\"] to kafka-model in Cargo.toml",
            "ssl_ca_location needs the crate feature `ssl`: add features = [\"ssl\"] to kafka-model in Cargo.toml",
        ]
    );
    assert!(consumer(&settings, ALL).is_empty());
    let overridden = Effective::empty()
        .with(Level::Model, given! { security_protocol = "ssl" })
        .with(Level::Dedicated, given! { security_protocol = "plaintext" });
    assert!(consumer(&overridden, Features::default()).is_empty());
}

#[test]
fn order_by_key_needs_a_key() {
    let settings = dedicated(given! { order = "key" });
    assert_eq!(
        texts(&processing(&settings, false)),
        [
            "order = \"key\" needs a key, but the message type names none: \
          write key = ... there, naming a field, or set order = \"partition\""
        ]
    );
    assert!(processing(&settings, true).is_empty());
}

#[test]
fn a_lossy_buffer_needs_at_most_once() {
    assert_eq!(
        texts(&processing(
            &dedicated(given! { backpressure = "drop_oldest" }),
            false
        )),
        [
            "backpressure = \"drop_oldest\" loses records, which delivery = \"at_least_once\" (the default) forbids: \
          set delivery = \"at_most_once\", or backpressure = \"pause\""
        ]
    );
    let both = given! { backpressure = "drop_newest", delivery = "at_most_once" };
    assert!(processing(&dedicated(both), false).is_empty());
    assert!(processing(&dedicated(given! { delivery = "at_most_once" }), false).is_empty());
}

#[test]
fn draining_ends_before_the_group_gives_up() {
    assert_eq!(
        texts(&processing(
            &dedicated(given! { drain_timeout_ms = "10s", max_poll_interval_ms = "10s" }),
            false
        )),
        [
            "drain_timeout_ms (10000) must be below max_poll_interval_ms (10000): \
          lower drain_timeout_ms, for instance to \"5s\", or raise max_poll_interval_ms"
        ]
    );
    let below = given! { drain_timeout_ms = 9_999, max_poll_interval_ms = "10s" };
    assert!(processing(&dedicated(below), false).is_empty());
    assert_eq!(drain_timeout_ms(&dedicated(below)), 9_999);
    let short = given! { max_poll_interval_ms = "10s" };
    assert!(processing(&dedicated(short), false).is_empty());
    assert_eq!(drain_timeout_ms(&dedicated(short)), 5_000);
    assert_eq!(drain_timeout_ms(&dedicated(&[])), 10_000);
}
