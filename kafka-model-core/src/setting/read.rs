//! Reading the value of a setting.

use super::near::nearest;
use super::{Choice, Kind, Setting, Source, SourceKind, Spec, Unit, Value, pattern, unit};
use crate::failure::{Backoff, Delays, Limit, wrong};
use crate::features::{Feature, Features};
use crate::rules::topic_name;

/// What a [`Kind::Backoff`] takes.
const BACKOFF: &str = "the shortest and the longest wait, such as \"100ms..10s\", or one wait, such as \"1s\", \
                       each from 1ms to 1h";

/// What a [`Kind::Delays`] takes.
const DELAYS: &str = "one to eight different delays, such as [\"10s\", \"1m\", \"10m\"], each from 100ms to 6d \
                      (topics keep their records for seven days by default)";

/// What a [`Kind::Limit`] takes.
const LIMIT: &str = "a share of any 100 records in a row, such as \"20%\", or a number within a time, such as \
                     \"100/1m\" (at most 100000, within 1s to 1d)";

/// A value as an attribute or an override spells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Written<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(&'a str),
    /// `env("NAME")`, `file("/path")`, `secret("name")`: read from there when a client is made.
    From(Source<'a>),
}

impl<'a> Written<'a> {
    /// `text` as a value of `kind`, from where all values are texts, such as an environment variable: `true`, `200`,
    /// `45s`, `10s,1m`.
    #[must_use]
    pub fn of_text(kind: Kind, text: &'a str) -> Self {
        let number = text.replace('_', "");
        match kind {
            Kind::Bool => text.parse().map_or(Self::Str(text), Self::Bool),
            Kind::Int { .. } => number.parse().map_or(Self::Str(text), Self::Int),
            Kind::Float { .. } => number.parse().map_or(Self::Str(text), Self::Float),
            _ => Self::Str(text),
        }
    }
}

impl Spec {
    /// Reads `written` as a value of this setting.
    ///
    /// # Where this is stricter than librdkafka
    ///
    /// To librdkafka 2.12.1 all values are texts, and it makes of them what it can. Here:
    ///
    /// | rule | why |
    /// |---|---|
    /// | a value has the type of its setting | `"1.5"` is read as 1, `"45s"` as 45; `1` and `"t"` pass for `true` |
    /// | a text is not empty | an empty one takes back what was set, silently |
    /// | a secret is not a literal | it would end up in the repository and in the binary |
    /// | a broker is `host` or `host:port` | one that cannot be read is skipped, or ends the list |
    /// | a list has no empty item, no `+` or `-`, and its items are written as listed | it says what it has, not how it changes |
    /// | a mechanism is one that there is | any is accepted as long as it is not used |
    /// | a pattern is one to any library | what cannot be an operator is taken for a character; an empty one matches all |
    /// | a setting for Kerberos needs the feature `gssapi` | it has no effect |
    ///
    /// # Errors
    /// If the setting does not take it: the text says what it takes instead. It never shows the
    /// value of a setting that is [`sensitive`](Spec::sensitive).
    pub fn read<'a>(&self, written: Written<'a>, features: Features) -> Result<Value<'a>, String> {
        let name = self.name;
        if let Some(feature) = self.feature.filter(|feature| !features.has(*feature)) {
            return Err(format!("`{name}` {}", missing(feature)));
        }
        if let Written::From(source) = written {
            return self.read_source(source);
        }
        if self.is_secret() {
            return Err(format!(
                "`{name}` is a secret, and a secret is never a literal: write {name} = env(\"NAME\"), file(\"/path\") or \
                 secret(\"name\")"
            ));
        }
        match (self.kind, written) {
            (Kind::Bool, Written::Bool(flag)) => Ok(Value::Bool(flag)),
            (Kind::Bool, Written::Str(text @ ("true" | "false"))) => Err(format!(
                "`{name}` is \"{text}\", a text, but takes {text}: write it without quotes"
            )),
            (Kind::Bool, _) => Err(self.takes(written, "true or false")),
            (Kind::Int { min, max, unit }, Written::Int(number)) => {
                self.in_range(written, number, min, max, unit)
            }
            (Kind::Int { min, max, unit }, Written::Str(text)) => {
                let number = unit::read(text, unit)
                    .map_err(|why| format!("`{name}` is \"{text}\", {why}"))?;
                self.in_range(written, number, min, max, unit)
            }
            (Kind::Float { min, max, .. }, Written::Float(number)) => {
                self.in_float_range(number, min, max)
            }
            #[allow(
                clippy::cast_precision_loss,
                reason = "far beyond any range of the table"
            )]
            (Kind::Float { min, max, .. }, Written::Int(number)) => {
                self.in_float_range(number as f64, min, max)
            }
            (Kind::Float { min, max, unit }, Written::Str(text)) => {
                let number = unit::read(text, unit)
                    .map_err(|why| format!("`{name}` is \"{text}\", {why}"))?;
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "far beyond any range of the table"
                )]
                self.in_float_range(number as f64, min, max)
            }
            (Kind::Int { unit, .. } | Kind::Float { unit, .. }, _) => {
                Err(self.takes(written, unit.takes()))
            }
            (Kind::Text, Written::Str(text)) => self.read_text(text).map(Value::Str),
            (Kind::Text, _) => Err(self.takes(written, "a text in quotes")),
            (Kind::Choice(choices), Written::Str(text)) => {
                self.read_choice(text, choices, features).map(Value::Str)
            }
            (Kind::Choice(choices), _) => Err(self.takes(
                written,
                &format!(
                    "one of {}",
                    listed(choices.iter().map(|choice| choice.name))
                ),
            )),
            (Kind::Flags(flags), Written::Str(text)) => {
                self.read_flags(text, flags).map(Value::Str)
            }
            (Kind::Flags(flags), _) => Err(self.takes(
                written,
                &format!(
                    "a comma-separated selection of {}",
                    listed(flags.iter().copied())
                ),
            )),
            (Kind::Patterns, Written::Str(text)) => {
                let text = self.read_text(text)?;
                pattern::check(text).map_err(|why| format!("`{name}` is \"{text}\", {why}"))?;
                Ok(Value::Str(text))
            }
            (Kind::Patterns, _) => {
                Err(self.takes(written, "comma-separated regular expressions in quotes"))
            }
            (Kind::Topic, Written::Str(text)) => match topic_name(text) {
                None => Ok(Value::Str(text)),
                Some(wrong) => Err(format!("`{name}`: {}", wrong.text)),
            },
            (Kind::Topic, _) => Err(self.takes(written, "the name of a topic in quotes")),
            (Kind::Backoff, Written::Str(text)) if Backoff::parse(text).is_some() => {
                Ok(Value::Str(text))
            }
            (Kind::Backoff, Written::Str(text)) => {
                Err(self.takes_but(written, &wrong::backoff(text), BACKOFF))
            }
            (Kind::Backoff, _) => Err(self.takes(written, BACKOFF)),
            (Kind::Delays, Written::Str(text)) if Delays::parse(text).is_some() => {
                Ok(Value::Str(text))
            }
            (Kind::Delays, Written::Str("")) => {
                Err(format!("`{name}` is empty, but takes {DELAYS}"))
            }
            (Kind::Delays, Written::Str(text)) => {
                let why = wrong::delays(text);
                let text = listed(text.split(','));
                Err(format!(
                    "`{name}` is [{text}], but {why}; it takes {DELAYS}"
                ))
            }
            (Kind::Delays, _) => Err(self.takes(written, DELAYS)),
            (Kind::Limit, Written::Str(text)) if Limit::parse(text).is_some() => {
                Ok(Value::Str(text))
            }
            (Kind::Limit, Written::Str(text)) => {
                Err(self.takes_but(written, &wrong::limit(text), LIMIT))
            }
            (Kind::Limit, _) => Err(self.takes(written, LIMIT)),
            (Kind::Callback, _) => Err(self
                .refuse()
                .unwrap_or_else(|| format!("`{name}` cannot be given here"))),
        }
    }

    fn takes(&self, written: Written<'_>, what: &str) -> String {
        let name = self.name;
        if self.sensitive {
            return format!("`{name}` takes {what}");
        }
        format!("`{name}` is {}, but takes {what}", said(written))
    }

    fn takes_but(&self, written: Written<'_>, why: &str, what: &str) -> String {
        let name = self.name;
        format!("`{name}` is {}, but {why}; it takes {what}", said(written))
    }

    fn in_range<'a>(
        &self,
        written: Written<'_>,
        number: i128,
        min: i64,
        max: i64,
        unit: Unit,
    ) -> Result<Value<'a>, String> {
        if let Ok(number) = i64::try_from(number)
            && (min..=max).contains(&number)
        {
            return Ok(Value::Int(number));
        }
        let (name, said) = (self.name, said(written));
        let scaled = unit::scale(max, unit);
        let in_words = if unit == Unit::Plain || scaled.0 == max {
            String::new()
        } else {
            let least = unit::scale(min, unit);
            format!(" ({} {} to {} {})", least.0, least.1, scaled.0, scaled.1)
        };
        Err(format!(
            "`{name}` is {said}, but must be from {min} to {max}{in_words}"
        ))
    }

    fn in_float_range<'a>(&self, number: f64, min: f64, max: f64) -> Result<Value<'a>, String> {
        if (min..=max).contains(&number) {
            return Ok(Value::Float(number));
        }
        Err(format!(
            "`{}` is {number}, but must be from {min} to {max}",
            self.name
        ))
    }

    fn read_source<'a>(&self, source: Source<'a>) -> Result<Value<'a>, String> {
        let name = self.name;
        if self.kind != Kind::Text {
            return Err(format!(
                "`{name}` = {source}: only texts are taken from elsewhere, and the value of `{name}` is checked when \
                 the program is compiled: write it; an override can change it at start"
            ));
        }
        let wrong = match (source.kind, source.name) {
            (SourceKind::Env, variable) if !is_variable(variable) => {
                "the name of an environment variable is made of letters, digits and `_`, and does not begin with a \
                 digit"
            }
            (SourceKind::File, "") => "give the path of a file",
            (SourceKind::Secret, "") => "give the name of a secret",
            (_, name) if name.contains('\0') => "it contains a NUL byte, which no name has",
            _ => return Ok(Value::From(source)),
        };
        Err(format!("`{name}` = {source}: {wrong}"))
    }

    /// A text without the white space at its start, which librdkafka removes.
    fn read_text<'a>(&self, text: &'a str) -> Result<&'a str, String> {
        let name = self.name;
        let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        if text.is_empty() {
            return Err(format!(
                "`{name}` is empty: give it a value, or leave it out"
            ));
        }
        if text.contains('\0') {
            return Err(format!(
                "`{name}` contains a NUL byte, which ends a text in librdkafka: leave it out"
            ));
        }
        if self.setting == Setting::BootstrapServers
            || self.canonical() == Setting::BootstrapServers
        {
            text.split(',')
                .try_for_each(|server| self.check_server(server))?;
        }
        Ok(text)
    }

    /// Whether `server` is `host` or `host:port`. librdkafka skips what it cannot read and goes on
    /// without that broker.
    fn check_server(&self, server: &str) -> Result<(), String> {
        let name = self.name;
        let server = server.trim();
        if server.is_empty() {
            return Err(format!(
                "`{name}` has an empty entry: write \"host:port\", separated by commas"
            ));
        }
        if server.contains("://") {
            return Err(format!(
                "`{name}` has the entry \"{server}\", but takes \"host:port\": the protocol is `security_protocol`"
            ));
        }
        if server.contains(char::is_whitespace) {
            return Err(format!(
                "`{name}` has the entry \"{server}\", but entries are separated by commas"
            ));
        }
        let port = match server.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => Some(port),
            _ => None,
        };
        if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
            return Err(format!(
                "`{name}` has the entry \"{server}\", but a port is a number from 1 to 65535"
            ));
        }
        Ok(())
    }

    fn read_choice(
        &self,
        text: &str,
        choices: &[Choice],
        features: Features,
    ) -> Result<&'static str, String> {
        let name = self.name;
        let Some(choice) = choices
            .iter()
            .find(|choice| choice.name.eq_ignore_ascii_case(text))
        else {
            return Err(self.not_one_of(text, choices.iter().map(|choice| choice.name)));
        };
        match choice.feature.filter(|feature| !features.has(*feature)) {
            Some(feature) => Err(format!(
                "`{name}` = \"{}\" {}",
                choice.name,
                missing(feature)
            )),
            None => Ok(choice.name),
        }
    }

    fn read_flags<'a>(
        &self,
        text: &'a str,
        flags: &'static [&'static str],
    ) -> Result<&'a str, String> {
        let name = self.name;
        let text = text.trim_start_matches(' ');
        for item in text.split(',') {
            // librdkafka removes spaces in front of an item, but not those behind it.
            let item = item.trim_start_matches(' ');
            if item.is_empty() {
                let what = if text.is_empty() {
                    "is empty"
                } else {
                    "has an empty item"
                };
                return Err(format!(
                    "`{name}` {what}: write a selection of {}",
                    listed(flags.iter().copied())
                ));
            }
            if item.ends_with(' ') && flags.contains(&item.trim_end()) {
                return Err(format!(
                    "`{name}` has a space behind \"{}\": leave it out",
                    item.trim_end()
                ));
            }
            // Case matters to librdkafka in some of these lists, so it does in all of them here.
            if !flags.contains(&item) {
                return Err(self.not_one_of(item, flags.iter().copied()));
            }
        }
        Ok(text)
    }

    fn not_one_of<'n>(&self, text: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
        let name = self.name;
        let text = text.escape_debug();
        let hint = match nearest(&text.to_string(), names.clone()) {
            Some(meant) => format!("; did you mean \"{meant}\"?"),
            None => String::new(),
        };
        format!(
            "`{name}` is \"{text}\", but must be one of {}{hint}",
            listed(names)
        )
    }
}

/// What is missing in a build without `feature`, to be put behind what needs it.
pub(crate) fn missing(feature: Feature) -> String {
    match feature {
        Feature::Curl => {
            "needs a librdkafka with libcurl, which no build of kafka-model has".into()
        }
        Feature::Ssl | Feature::Zstd | Feature::Gssapi => {
            let feature = feature.name();
            format!(
                "needs the crate feature `{feature}`: add features = [\"{feature}\"] to kafka-model in Cargo.toml"
            )
        }
    }
}

fn said(written: Written<'_>) -> String {
    match written {
        Written::Bool(flag) => flag.to_string(),
        Written::Int(number) => number.to_string(),
        Written::Float(number) => format!("{number:?}"),
        Written::Str(text) => format!("\"{}\"", text.escape_debug()),
        Written::From(source) => source.to_string(),
    }
}

/// Whether `name` is the name of an environment variable that every system takes.
fn is_variable(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(first) && name.chars().all(rest)
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names
        .map(|name| format!("\"{}\"", name.escape_debug()))
        .collect::<Vec<_>>()
        .join(", ")
}
