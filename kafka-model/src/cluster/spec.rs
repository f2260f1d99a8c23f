//! How a topic is declared, and where the cluster's differs.

use std::collections::BTreeMap;
use std::fmt;

use kafka_model_core::setting::SPECS;
use kafka_model_core::{Effective, Kind, Setting, Side, Value};
use serde::Serialize;

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TopicPurpose {
    /// A message type is consumed from it.
    Consumed,
    /// It is only published to (`publish_only`).
    Published,
    /// A retry topic of a message type.
    Retry,
    /// Where records of a message type go that have failed for good.
    DeadLetter,
}

impl TopicPurpose {
    /// `the topic`, `the retry topic`, `the dead-letter topic`.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Consumed | Self::Published => "the topic",
            Self::Retry => "the retry topic",
            Self::DeadLetter => "the dead-letter topic",
        }
    }
}

/// How a topic is declared by `topic(...)`. What is not given there is not here, and the broker's business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicSpec {
    /// How many partitions.
    pub partitions: Option<i32>,
    /// How many replicas each partition has.
    pub replication: Option<i32>,
    /// Configs of the topic, by Kafka's names: `retention.ms`.
    pub configs: BTreeMap<String, String>,
}

impl TopicSpec {
    /// What `topic(...)` says at all levels.
    pub(super) fn of(settings: &Effective<'static>) -> Self {
        let number = |setting| {
            settings
                .int(setting)
                .and_then(|int| i32::try_from(int).ok())
        };
        let configs = SPECS.iter().filter(|spec| spec.side == Side::Topic);
        let configs = configs.filter_map(|spec| {
            let (value, _) = settings.find(spec.setting)?;
            Some((spec.property?.to_owned(), text(value)?))
        });
        Self {
            partitions: number(Setting::TopicPartitions),
            replication: number(Setting::TopicReplication),
            configs: configs.collect(),
        }
    }

    /// How the retry topics and the dead-letter topic of this one are created: as many partitions and replicas, as
    /// safe, and with room for its records. What it keeps, and for how long, is not theirs.
    pub(super) fn beside(&self) -> Self {
        let kept = [
            Setting::TopicMinInsyncReplicas,
            Setting::TopicMaxMessageBytes,
        ];
        let kept = kept.map(|setting| setting.spec().property.unwrap_or_default());
        let mut spec = self.clone();
        spec.configs.retain(|name, _| kept.contains(&name.as_str()));
        spec
    }

    /// Takes over what `other` says and this does not. What both say, and differently, is returned in words.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<String> {
        fn take<T: PartialEq + Clone + fmt::Display>(
            name: &str,
            own: &mut Option<T>,
            other: Option<T>,
        ) -> Option<String> {
            match (&own, other) {
                (Some(one), Some(other)) if *one != other => {
                    Some(format!("{name} = {one} and {name} = {other}"))
                }
                (None, other) => {
                    *own = other;
                    None
                }
                _ => None,
            }
        }
        let mut conflicts = Vec::new();
        conflicts.extend(take("partitions", &mut self.partitions, other.partitions));
        conflicts.extend(take(
            "replication",
            &mut self.replication,
            other.replication,
        ));
        for (name, value) in &other.configs {
            let mut own = self.configs.get(name).cloned();
            conflicts.extend(take(name, &mut own, Some(value.clone())));
            self.configs.extend(own.map(|own| (name.clone(), own)));
        }
        conflicts
    }

    /// As far as the larger of the two goes, for a topic that several send to.
    pub(super) fn enlarge(&mut self, other: &Self) {
        self.partitions = self.partitions.max(other.partitions);
        self.replication = self.replication.max(other.replication);
        for (name, value) in &other.configs {
            let number = |text: &String| text.parse::<i64>().ok();
            let larger = self
                .configs
                .get(name)
                .is_none_or(|own| number(own) < number(value));
            if larger {
                self.configs.insert(name.clone(), value.clone());
            }
        }
    }

    /// Where the cluster's topic is not like this one. `configs`: `None` if they are not known.
    pub(super) fn differences(
        &self,
        partitions: usize,
        replication: Option<usize>,
        configs: Option<&BTreeMap<String, String>>,
    ) -> Vec<Difference> {
        let mut found = Vec::new();
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let actual = number(partitions);
        if let Some(declared) = self.partitions.filter(|declared| *declared != actual) {
            found.push(Difference::Partitions { declared, actual });
        }
        if let (Some(declared), Some(actual)) = (self.replication, replication.map(number))
            && declared != actual
        {
            found.push(Difference::Replication { declared, actual });
        }
        for (name, declared) in &self.configs {
            // One that the broker does not name is one that it does not know.
            let Some(actual) = configs.map(|configs| configs.get(name)) else {
                break;
            };
            if !actual.is_some_and(|actual| is_same(name, declared, actual)) {
                found.push(Difference::Config {
                    name: name.clone(),
                    declared: declared.clone(),
                    actual: actual.cloned(),
                });
            }
        }
        found
    }
}

impl fmt::Display for TopicSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partitions {
            Some(1) => f.write_str("1 partition")?,
            Some(partitions) => write!(f, "{partitions} partitions")?,
            None => f.write_str("the broker's default of partitions")?,
        }
        if let Some(replication) = self.replication {
            write!(f, ", replication {replication}")?;
        }
        for (name, value) in &self.configs {
            write!(f, ", {name} = {value}")?;
        }
        Ok(())
    }
}

/// A value as Kafka writes it. None of a topic's comes from elsewhere.
fn text(value: Value<'_>) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) => Some(float.to_string()),
        Value::Str(text) => Some(text.replace(' ', "")),
        Value::From(_) => None,
    }
}

/// Whether two texts are the same value of a config: a list in another order is, and `0.50` for 0.5.
fn is_same(name: &str, one: &str, other: &str) -> bool {
    let spec = SPECS
        .iter()
        .find(|spec| spec.side == Side::Topic && spec.property == Some(name));
    match spec.map(|spec| spec.kind) {
        Some(Kind::Float { .. }) => match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(one), Ok(other)) => (one - other).abs() < f64::EPSILON,
            _ => false,
        },
        Some(Kind::Flags(_)) => {
            let sorted = |text: &str| {
                let mut items: Vec<_> =
                    text.split(',').map(|item| item.trim().to_owned()).collect();
                items.sort();
                items
            };
            sorted(one) == sorted(other)
        }
        _ => one == other,
    }
}

/// One thing in which a topic of the cluster is not as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// It has more or fewer partitions.
    Partitions {
        /// As many are declared.
        declared: i32,
        /// As many it has.
        actual: i32,
    },
    /// Its partitions have more or fewer replicas.
    Replication {
        /// As many are declared.
        declared: i32,
        /// As many the partition with the fewest has.
        actual: i32,
    },
    /// A config has another value.
    Config {
        /// Kafka's name of it: `retention.ms`.
        name: String,
        /// The value that is declared.
        declared: String,
        /// The value in force, the broker's default if it is not set; `None` if the broker does not know the config.
        actual: Option<String>,
    },
}

impl Difference {
    /// Whether [`TopicPlan::apply_changes`](super::TopicPlan::apply_changes) takes it away.
    #[must_use]
    pub fn can_be_applied(&self) -> bool {
        match self {
            Self::Partitions { declared, actual } => declared > actual,
            Self::Replication { .. } => false,
            Self::Config { actual, .. } => actual.is_some(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partitions { declared, actual } => {
                write!(f, "partitions: {actual}, declared {declared}")?;
                if declared < actual {
                    f.write_str(" (Kafka removes none)")?;
                }
                Ok(())
            }
            Self::Replication { declared, actual } => write!(
                f,
                "replication: {actual}, declared {declared} (only a reassignment of its partitions changes that)"
            ),
            Self::Config {
                name,
                declared,
                actual: Some(actual),
            } => write!(f, "{name}: {actual}, declared {declared}"),
            Self::Config { name, declared, .. } => {
                write!(f, "{name}: not known to the broker, declared {declared}")
            }
        }
    }
}

/// A topic of the cluster that is not as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicDifference {
    /// The topic.
    pub topic: String,
    /// The field that declares it: `Model.field`.
    pub field: String,
    /// In what it differs.
    pub difference: Difference,
}

impl fmt::Display for TopicDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}): {}", self.topic, self.field, self.difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(partitions: i32, replication: Option<i32>, configs: &[(&str, &str)]) -> TopicSpec {
        TopicSpec {
            partitions: Some(partitions),
            replication,
            configs: configs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn differences(declared: &TopicSpec, actual: &TopicSpec) -> Vec<String> {
        let count = |number: Option<i32>| number.and_then(|number| usize::try_from(number).ok());
        declared
            .differences(
                count(actual.partitions).unwrap_or(0),
                count(actual.replication),
                Some(&actual.configs),
            )
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn only_what_is_declared_can_differ() {
        let actual = spec(
            6,
            Some(3),
            &[("retention.ms", "604800000"), ("segment.ms", "1")],
        );
        assert!(differences(&TopicSpec::default(), &actual).is_empty());
        let same = spec(6, None, &[("retention.ms", "604800000")]);
        assert!(differences(&same, &actual).is_empty());
        let other = spec(12, Some(2), &[("retention.ms", "1000"), ("no.such", "1")]);
        assert_eq!(
            differences(&other, &actual),
            [
                "partitions: 6, declared 12",
                "replication: 3, declared 2 (only a reassignment of its partitions changes that)",
                "no.such: not known to the broker, declared 1",
                "retention.ms: 604800000, declared 1000",
            ]
        );
        let fewer = spec(3, None, &[]);
        assert_eq!(
            differences(&fewer, &actual),
            ["partitions: 6, declared 3 (Kafka removes none)"]
        );
    }

    #[test]
    fn one_value_may_have_two_spellings() {
        let declared = spec(
            1,
            None,
            &[
                ("cleanup.policy", "compact,delete"),
                ("min.cleanable.dirty.ratio", "0.5"),
            ],
        );
        let actual = spec(
            1,
            None,
            &[
                ("cleanup.policy", "delete, compact"),
                ("min.cleanable.dirty.ratio", "0.50"),
            ],
        );
        assert!(differences(&declared, &actual).is_empty());
    }

    #[test]
    fn two_declarations_of_a_topic_complete_each_other_or_contradict() {
        let mut one = spec(6, None, &[("retention.ms", "1")]);
        let conflicts = one.merge(&spec(6, Some(3), &[("segment.ms", "2")]));
        assert!(conflicts.is_empty(), "{conflicts:?}");
        assert_eq!(
            one,
            spec(6, Some(3), &[("retention.ms", "1"), ("segment.ms", "2")])
        );
        assert_eq!(
            one.merge(&spec(12, Some(3), &[("retention.ms", "5")])),
            [
                "partitions = 6 and partitions = 12",
                "retention.ms = 1 and retention.ms = 5"
            ]
        );
    }

    #[test]
    fn what_stands_beside_a_topic_is_as_safe_and_as_wide() {
        let source = spec(
            6,
            Some(3),
            &[
                ("retention.ms", "1000"),
                ("cleanup.policy", "compact"),
                ("min.insync.replicas", "2"),
                ("max.message.bytes", "2000000"),
            ],
        );
        let beside = source.beside();
        let kept = [
            ("min.insync.replicas", "2"),
            ("max.message.bytes", "2000000"),
        ];
        assert_eq!(beside, spec(6, Some(3), &kept));
        let mut shared = beside;
        shared.enlarge(&spec(12, Some(1), &[("max.message.bytes", "3000000")]));
        let kept = [
            ("min.insync.replicas", "2"),
            ("max.message.bytes", "3000000"),
        ];
        assert_eq!(shared, spec(12, Some(3), &kept));
    }
}
