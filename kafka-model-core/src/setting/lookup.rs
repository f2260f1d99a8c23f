//! Finding a setting by its name, and whether it may be used where it stands.

use super::near::nearest;
use super::{Kind, SPECS, Setting, Side, Spec, Standing};
use crate::effective::Level;

/// The words of the grammar that are not settings.
const WORDS: &[&str] = &[
    "topic",
    "key",
    "dedicated",
    "publish_only",
    "pinned",
    "crate",
];

/// The settings that are written in parentheses behind a common name, and what may stand there.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("retry", &["attempts", "backoff", "jitter", "topics"]),
    ("dead_letter", &["topic", "limit"]),
    // And Kafka's configs of a topic, which are in the table.
    ("topic", &["name", "partitions", "replication"]),
];

/// Names that people bring along from elsewhere, and what does the same here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("max_poll_records", "use `max_buffered`"),
    ("buffer_size", "use `max_buffered`"),
    ("max_concurrency", "use `concurrency`"),
    ("brokers", "use `bootstrap_servers`"),
    ("max_attempts", "use `retry(attempts = …)`"),
    ("attempts", "use `retry(attempts = …)`"),
    ("jitter", "use `retry(attempts = …, jitter)`"),
    ("backoff", "use `retry(attempts = …, backoff = …)`"),
    ("dlq", "use `dead_letter = \"…\"`, with the topic"),
    ("dlt", "use `dead_letter = \"…\"`, with the topic"),
    (
        "dead_letter_topic",
        "use `dead_letter = \"…\"`, with the topic",
    ),
    (
        "dead_letter_queue",
        "use `dead_letter = \"…\"`, with the topic",
    ),
    (
        "limit",
        "use `dead_letter(topic = \"…\", limit = …)` for a limit to dead letters",
    ),
    ("group", "use `group_id`"),
    ("num_partitions", "use `topic(partitions = …)`"),
    ("replication_factor", "use `topic(replication = …)`"),
    ("topic(num_partitions)", "use `topic(partitions = …)`"),
    ("topic(replication_factor)", "use `topic(replication = …)`"),
    (
        "topic(retention)",
        "use `topic(retention_ms = …)` or `topic(retention_bytes = …)`",
    ),
    ("topic(topic)", "use `topic(name = …)`"),
    (
        "topic(name)",
        "the name of a topic is written on its message type, and nowhere else",
    ),
    (
        "ssl_truststore_location",
        "Java trust stores are not supported; use `ssl_ca_location`",
    ),
    (
        "ssl_truststore_password",
        "Java trust stores are not supported; use `ssl_ca_location`",
    ),
    (
        "ssl_keystore_type",
        "the key store is PKCS#12; use `ssl_keystore_location`",
    ),
    (
        "sasl_jaas_config",
        "JAAS is not supported; use `sasl_mechanism`, `sasl_username` and `sasl_password`",
    ),
    (
        "key_deserializer",
        "a record is decoded into the type of its topic",
    ),
    (
        "value_deserializer",
        "a record is decoded into the type of its topic",
    ),
];

/// Finds the setting that `name` is the name of.
///
/// # Errors
/// If there is none: the text says so and suggests what was probably meant.
pub fn look_up(name: &str) -> Result<&'static Spec, String> {
    if let Some(spec) = SPECS.iter().find(|spec| spec.name == name) {
        return Ok(spec);
    }
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name) {
        return Err(format!("unknown setting `{name}`: {instead}"));
    }
    if let Some(spec) = SPECS.iter().find(|spec| is_in("topic", spec, name)) {
        return Err(spec.refuse().unwrap_or_else(|| {
            format!(
                "unknown setting `{name}`: it configures the topic, so write `topic({name} = …)`"
            )
        }));
    }
    if let Some((group, inner)) = name
        .strip_suffix(')')
        .and_then(|name| name.split_once('('))
        .filter(|(group, _)| GROUPS.iter().any(|(name, _)| name == group))
    {
        return Err(unknown_in_group(group, inner));
    }
    let usable = SPECS
        .iter()
        .filter(|spec| spec.refuse().is_none())
        .map(|spec| spec.name);
    let known = SPECS
        .iter()
        .filter(|spec| !matches!(spec.kind, Kind::Callback))
        .map(|spec| spec.name);
    let meant = nearest(name, usable.chain(WORDS.iter().copied())).or_else(|| nearest(name, known));
    Err(match meant {
        Some(meant) => format!("unknown setting `{name}`: did you mean `{meant}`?"),
        None => format!(
            "unknown setting `{name}`: a setting is a consumer property of librdkafka with `_` for `.`, \
             such as `session_timeout_ms`, or one of kafka-model's own, such as `max_buffered`"
        ),
    })
}

/// What `group(...)` takes, in words.
#[must_use]
pub fn group_takes(group: &str) -> String {
    let found = GROUPS.iter().find(|(name, _)| *name == group);
    let takes = found.map_or(&[][..], |(_, takes)| takes);
    let takes: Vec<_> = takes.iter().map(|name| format!("`{name}`")).collect();
    let takes = takes.join(", ");
    match group {
        "topic" => {
            format!(
                "{takes}, and Kafka's configs of a topic with `_` for `.`, such as `retention_ms`"
            )
        }
        _ => takes,
    }
}

/// Whether `spec` is `group(inner)`.
fn is_in(group: &str, spec: &Spec, inner: &str) -> bool {
    let own = spec.name.strip_prefix(group);
    own.and_then(|own| own.strip_prefix('(')?.strip_suffix(')')) == Some(inner)
}

/// That `group(...)` takes no `inner`.
fn unknown_in_group(group: &str, inner: &str) -> String {
    let listed = |group: &str| {
        let found = GROUPS.iter().find(|(name, _)| *name == group);
        found.map_or(&[][..], |(_, takes)| takes)
    };
    let configs = SPECS.iter().filter(|spec| spec.refuse().is_none());
    let configs = configs.filter_map(|spec| {
        spec.name
            .strip_prefix(group)?
            .strip_prefix('(')?
            .strip_suffix(')')
    });
    let text = format!("unknown setting `{group}({inner})`: ");
    if let Some(meant) = nearest(inner, listed(group).iter().copied().chain(configs)) {
        return format!("{text}did you mean `{group}({meant} = …)`?");
    }
    let other = GROUPS.iter().find(|(other, takes)| {
        takes.contains(&inner) || SPECS.iter().any(|spec| is_in(other, spec, inner))
    });
    let takes = group_takes(group);
    match other {
        Some((other, _)) => {
            format!("{text}`{inner}` belongs into `{other}(...)`; `{group}(...)` takes {takes}")
        }
        None if WORDS.contains(&inner) || SPECS.iter().any(|spec| spec.name == inner) => {
            format!("{text}`{inner}` belongs beside `{group}(...)`, which takes {takes}")
        }
        None => format!("{text}`{group}(...)` takes {takes}"),
    }
}

impl Spec {
    /// The setting that this row is about: for an alias, the one that it stands for.
    #[must_use]
    pub const fn canonical(&self) -> Setting {
        match self.standing {
            Standing::Alias(setting) => setting,
            Standing::Open | Standing::Deprecated(_) | Standing::Owned(_) => self.setting,
        }
    }

    /// Whether a value of this setting is a secret, which no literal may hold.
    ///
    /// librdkafka hides the values of some more settings ([`Spec::sensitive`]): a user's name, the
    /// path of a key, the certificate of an authority. Those may be literals.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.sensitive
            && !matches!(
                self.canonical(),
                Setting::SaslUsername
                    | Setting::SslKeyLocation
                    | Setting::SslCaPem
                    | Setting::SaslOauthbearerAssertionPrivateKeyFile
            )
    }

    /// Why this setting cannot be used at all, if it cannot, and what to use instead.
    #[must_use]
    pub fn refuse(&self) -> Option<String> {
        let name = self.name;
        match self.standing {
            Standing::Deprecated(instead) => {
                Some(format!("`{name}` is deprecated by librdkafka: {instead}"))
            }
            Standing::Owned(instead) => Some(format!("`{name}` is not for you to set: {instead}")),
            Standing::Open | Standing::Alias(_) if matches!(self.side, Side::Producer) => {
                let text = format!(
                    "`{name}` configures producers, but these are the settings of a consumer: leave it out; \
                     `publish` uses a producer of the model's own"
                );
                Some(match self.setting {
                    Setting::Retries | Setting::MessageSendMaxRetries => {
                        format!("{text}, and `retry(attempts = …)` handles a record again")
                    }
                    _ => text,
                })
            }
            Standing::Open | Standing::Alias(_) => None,
        }
    }

    /// Why this setting cannot be used at `level`, if it cannot, and where to put it instead.
    ///
    /// `dedicated` says whether the item has a `dedicated(...)` or may be in one by other means.
    #[must_use]
    pub fn refuse_at(&self, level: Level, dedicated: bool) -> Option<String> {
        let name = self.name;
        if self.side == Side::Topic && matches!(level, Level::Dedicated | Level::FieldDedicated) {
            return Some(format!(
                "`{name}` is about the topic, not about a consumer: put `topic(...)` beside `dedicated(...)`"
            ));
        }
        let shares = matches!(level, Level::Message | Level::Field) && !dedicated;
        if !shares || !self.side.is_connection() {
            return None;
        }
        let what = match self.side {
            Side::Service => "a poll service",
            _ => "a consumer connection",
        };
        let who = match level {
            Level::Field => "this field",
            _ => "this type",
        };
        Some(format!(
            "`{name}` configures {what}, but {who} shares its consumer: \
             put it in `dedicated(...)` or on the model"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_suggests_the_one_that_was_meant() {
        for (written, meant) in [
            ("sesion_timeout_ms", "did you mean `session_timeout_ms`?"),
            ("SessionTimeoutMs", "did you mean `session_timeout_ms`?"),
            ("session-timeout-ms", "did you mean `session_timeout_ms`?"),
            ("max_bufered", "did you mean `max_buffered`?"),
            ("dedicate", "did you mean `dedicated`?"),
            ("topics", "did you mean `topic`?"),
            ("groupid", "did you mean `group_id`?"),
            ("enable_autocommit", "did you mean `enable_auto_commit`?"),
            ("max_poll_records", "use `max_buffered`"),
            (
                "frobnicate",
                "a setting is a consumer property of librdkafka",
            ),
        ] {
            let error = look_up(written).unwrap_err();
            assert!(error.contains(meant), "{written}: {error}");
        }
    }

    #[test]
    fn an_unknown_name_in_a_group_is_held_against_the_group() {
        for (written, meant) in [
            ("retry(attemps)", "did you mean `retry(attempts = …)`?"),
            (
                "dead_letter(limits)",
                "did you mean `dead_letter(limit = …)`?",
            ),
            (
                "dead_letter(attempts)",
                "`attempts` belongs into `retry(...)`",
            ),
            ("retry(order)", "`order` belongs beside `retry(...)`"),
            (
                "dead_letter(retention_ms)",
                "`retention_ms` belongs into `topic(...)`",
            ),
            ("topic(partition)", "did you mean `topic(partitions = …)`?"),
            (
                "topic(retention_m)",
                "did you mean `topic(retention_ms = …)`?",
            ),
            (
                "topic(colour)",
                "`topic(...)` takes `name`, `partitions`, `replication`, and Kafka's configs",
            ),
            ("topic(replication_factor)", "use `topic(replication = …)`"),
            ("retention_ms", "so write `topic(retention_ms = …)`"),
            ("retry(colour)", "`retry(...)` takes `attempts`, `backoff`"),
            ("colour(retry)", "a setting is a consumer property"),
        ] {
            let error = look_up(written).unwrap_err();
            assert!(error.contains(meant), "{written}: {error}");
        }
    }

    #[test]
    fn what_is_not_for_users_says_what_to_use() {
        for (name, part) in [
            (
                "enable_auto_commit",
                "use `delivery` and `commit_interval_ms`",
            ),
            ("auto_commit_interval_ms", "use `commit_interval_ms`"),
            ("socket_blocking_max_ms", "deprecated by librdkafka"),
            ("rebalance_cb", "`drain_timeout_ms`"),
            ("linger_ms", "configures producers"),
            ("dr_cb", "callback"),
        ] {
            let refusal = look_up(name).unwrap().refuse().unwrap();
            assert!(
                refusal.contains(part) && refusal.contains(name),
                "{refusal}"
            );
        }
        for name in [
            "group_id",
            "max_partition_fetch_bytes",
            "max_buffered",
            "topic_blacklist",
            "statistics_interval_ms",
        ] {
            assert_eq!(look_up(name).unwrap().refuse(), None);
        }
    }

    #[test]
    fn a_connection_setting_needs_a_connection() {
        let session = look_up("session_timeout_ms").unwrap();
        assert!(
            session
                .refuse_at(Level::Message, false)
                .unwrap()
                .contains("put it in `dedicated(...)` or on the model")
        );
        assert!(
            session
                .refuse_at(Level::Field, false)
                .unwrap()
                .contains("this field shares")
        );
        assert_eq!(session.refuse_at(Level::Message, true), None);
        assert_eq!(session.refuse_at(Level::Dedicated, true), None);
        assert_eq!(session.refuse_at(Level::Model, false), None);
        let drain = look_up("drain_timeout_ms").unwrap();
        assert!(
            drain
                .refuse_at(Level::Message, false)
                .unwrap()
                .contains("a poll service")
        );
        let buffer = look_up("max_buffered").unwrap();
        assert_eq!(buffer.refuse_at(Level::Message, false), None);
    }
}
