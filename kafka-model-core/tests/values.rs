//! Reading values: what is refused, and its nearest legal neighbour.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{ALL, W};
use kafka_model_core::setting::{Written, look_up};
use kafka_model_core::{Features, Source, Value};

fn read(name: &str, value: impl Into<W>) -> Result<Value<'static>, String> {
    look_up(name).unwrap().read(value.into().0, ALL)
}

#[track_caller]
fn refused(name: &str, value: impl Into<W>, text: &str) {
    assert_eq!(read(name, value).unwrap_err(), text);
}

#[track_caller]
fn taken(name: &str, value: impl Into<W>, is: Value<'static>) {
    assert_eq!(read(name, value), Ok(is));
}

#[test]
fn numbers_keep_their_range_at_both_ends() {
    refused(
        "session_timeout_ms",
        0,
        "`session_timeout_ms` is 0, but must be from 1 to 3600000 (1 ms to 1 h)",
    );
    taken("session_timeout_ms", 1, Value::Int(1));
    taken("session_timeout_ms", 3_600_000, Value::Int(3_600_000));
    refused(
        "session_timeout_ms",
        3_600_001,
        "`session_timeout_ms` is 3600001, but must be from 1 to 3600000 (1 ms to 1 h)",
    );
    refused(
        "session_timeout_ms",
        "2h",
        "`session_timeout_ms` is \"2h\", but must be from 1 to 3600000 (1 ms to 1 h)",
    );
    taken("session_timeout_ms", "1h", Value::Int(3_600_000));
    refused(
        "max_buffered",
        0,
        "`max_buffered` is 0, but must be from 1 to 10000000",
    );
    taken("max_buffered", 1, Value::Int(1));
    refused(
        "concurrency",
        0,
        "`concurrency` is 0, but must be from 1 to 4096",
    );
    refused(
        "memory_budget",
        1,
        "`memory_budget` is 1, but must be from 1048576 to 1099511627776 (1 MiB to 1024 GiB)",
    );
    taken("fetch_max_bytes", "50MiB", Value::Int(52_428_800));
    taken("queued_max_messages_kbytes", "64MiB", Value::Int(65_536));
    let error = look_up("session_timeout_ms")
        .unwrap()
        .read(Written::Int(i128::MAX), ALL)
        .unwrap_err();
    assert!(
        error.ends_with("but must be from 1 to 3600000 (1 ms to 1 h)"),
        "{error}"
    );
}

#[test]
fn a_value_has_the_type_of_its_setting() {
    refused(
        "session_timeout_ms",
        true,
        "`session_timeout_ms` is true, but takes a duration such as \"45s\", or a number of milliseconds",
    );
    refused(
        "check_crcs",
        1,
        "`check_crcs` is 1, but takes true or false",
    );
    refused(
        "check_crcs",
        "true",
        "`check_crcs` is \"true\", a text, but takes true: write it without quotes",
    );
    taken("check_crcs", true, Value::Bool(true));
    refused("group_id", 7, "`group_id` is 7, but takes a text in quotes");
    refused(
        "isolation_level",
        true,
        "`isolation_level` is true, but takes one of \"read_uncommitted\", \"read_committed\"",
    );
    refused(
        "max_buffered",
        "10",
        "`max_buffered` is \"10\", but takes a number: write 10 without quotes",
    );
    refused(
        "max_buffered",
        "10s",
        "`max_buffered` is \"10s\", but takes a number without a unit: write 10",
    );
    let error = look_up("max_buffered")
        .unwrap()
        .read(Written::Float(1.5), ALL)
        .unwrap_err();
    assert_eq!(error, "`max_buffered` is 1.5, but takes a whole number");
}

#[test]
fn units_fit() {
    refused(
        "session_timeout_ms",
        "50MiB",
        "`session_timeout_ms` is \"50MiB\", which is a size, but takes a duration such as \"45s\"",
    );
    refused(
        "fetch_max_bytes",
        "45s",
        "`fetch_max_bytes` is \"45s\", which is a duration, but takes a size such as \"50MiB\"",
    );
    refused(
        "session_timeout_ms",
        "99999999999999999999999999999999999999d",
        "`session_timeout_ms` is \"99999999999999999999999999999999999999d\", \
         which is too large for a number of milliseconds",
    );
    refused(
        "session_timeout_ms",
        "6 secs",
        "`session_timeout_ms` is \"6 secs\", but `secs` is not a unit that fits: use one of ms, s, m, h, d",
    );
    taken("session_timeout_ms", "6s", Value::Int(6_000));
}

#[test]
fn a_choice_is_one_of_its_list_in_any_case() {
    refused(
        "auto_offset_reset",
        "earlyest",
        "`auto_offset_reset` is \"earlyest\", but must be one of \"smallest\", \"earliest\", \"beginning\", \
         \"largest\", \"latest\", \"end\", \"error\"; did you mean \"earliest\"?",
    );
    taken("auto_offset_reset", "EARLIEST", Value::Str("earliest"));
    taken(
        "sasl_mechanism",
        "scram-sha-512",
        Value::Str("SCRAM-SHA-512"),
    );
    refused(
        "order",
        "random",
        "`order` is \"random\", but must be one of \"partition\", \"key\", \"none\"",
    );
}

#[test]
fn flags_are_a_selection() {
    taken("debug", "broker,fetch", Value::Str("broker,fetch"));
    taken("debug", "broker, fetch", Value::Str("broker, fetch"));
    assert!(
        read("debug", "broker,")
            .unwrap_err()
            .starts_with("`debug` has an empty item")
    );
    assert!(
        read("debug", "")
            .unwrap_err()
            .starts_with("`debug` is empty")
    );
    assert_eq!(
        read("debug", "broker ,fetch").unwrap_err(),
        "`debug` has a space behind \"broker\": leave it out"
    );
    assert!(
        read("debug", "brokr")
            .unwrap_err()
            .ends_with("did you mean \"broker\"?")
    );
    assert!(
        read("partition_assignment_strategy", "Range")
            .unwrap_err()
            .ends_with("did you mean \"range\"?")
    );
}

#[test]
fn secrets_are_never_literals_and_never_shown() {
    let error = read("sasl_password", "hunter2").unwrap_err();
    assert_eq!(
        error,
        "`sasl_password` is a secret, and a secret is never a literal: write sasl_password = env(\"NAME\"), file(\"/path\") or \
         secret(\"name\")"
    );
    taken(
        "sasl_password",
        "env:ALERTS_PASSWORD",
        Value::From(Source::env("ALERTS_PASSWORD")),
    );
    taken("sasl_username", "alerts", Value::Str("alerts"));
    taken(
        "sasl_username",
        "env:ALERTS_USER",
        Value::From(Source::env("ALERTS_USER")),
    );
    refused("sasl_username", 7, "`sasl_username` takes a text in quotes");
}

#[test]
fn the_environment_gives_texts_only() {
    taken("group_id", "env:GROUP", Value::From(Source::env("GROUP")));
    assert!(
        read("max_buffered", "env:BUFFER")
            .unwrap_err()
            .contains("only texts are taken from elsewhere")
    );
    for name in ["env:", "env:A B", "env:1A", "env:A=B"] {
        assert!(
            read("group_id", name)
                .unwrap_err()
                .contains("letters, digits and `_`"),
            "{name}"
        );
    }
}

#[test]
fn texts_are_not_empty() {
    refused(
        "group_id",
        "",
        "`group_id` is empty: give it a value, or leave it out",
    );
    refused(
        "group_id",
        "  ",
        "`group_id` is empty: give it a value, or leave it out",
    );
    taken("group_id", " a", Value::Str("a"));
    assert!(read("group_id", "a\0b").unwrap_err().contains("NUL"));
}

#[test]
fn servers_are_hosts_with_ports() {
    for good in [
        "localhost",
        "a:9092,b:9092",
        "a:9092, b",
        "[::1]:9092",
        "::1",
    ] {
        taken("bootstrap_servers", good, Value::Str(good));
    }
    for (bad, part) in [
        ("a,,b", "empty entry"),
        ("a b", "separated by commas"),
        ("SSL://a:9093", "the protocol is `security_protocol`"),
        ("a:0", "from 1 to 65535"),
        ("a:65536", "from 1 to 65535"),
        ("a:kafka", "from 1 to 65535"),
    ] {
        let error = read("bootstrap_servers", bad).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    assert!(read("metadata_broker_list", "a,,b").is_err());
}

#[test]
fn a_missing_feature_is_named() {
    let none = Features::default();
    let read = |name: &str, value| look_up(name).unwrap().read(value, none);
    assert_eq!(
        read("ssl_ca_location", Written::Str("/ca.pem")).unwrap_err(),
        "`ssl_ca_location` needs the crate feature `ssl`: add features = [\"ssl\"] to kafka-model in Cargo.toml"
    );
    assert_eq!(
        read("security_protocol", Written::Str("sasl_ssl")).unwrap_err(),
        "`security_protocol` = \"sasl_ssl\" needs the crate feature `ssl`: \
         add features = [\"ssl\"] to kafka-model in Cargo.toml"
    );
    assert!(
        read("sasl_mechanism", Written::Str("GSSAPI"))
            .unwrap_err()
            .contains("`gssapi`")
    );
    assert!(
        read("sasl_oauthbearer_scope", Written::Str("a"))
            .unwrap_err()
            .contains("libcurl")
    );
    assert_eq!(
        read("security_protocol", Written::Str("sasl_plaintext")),
        Ok(Value::Str("sasl_plaintext"))
    );
    assert_eq!(
        read("sasl_mechanism", Written::Str("PLAIN")),
        Ok(Value::Str("PLAIN"))
    );
}

#[test]
fn patterns_compile() {
    taken(
        "topic_blacklist",
        "^internal-.*,test",
        Value::Str("^internal-.*,test"),
    );
    let error = read("topic_blacklist", "a,(b").unwrap_err();
    assert_eq!(
        error,
        "`topic_blacklist` is \"a,(b\", but `(b` has a `(` without a `)`"
    );
}
