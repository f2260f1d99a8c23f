//! What a check found.

use std::fmt;

use serde::Serialize;

use super::spec::{TopicDifference, TopicPurpose};

/// What [`Kafka::check`](crate::Kafka::check) found: everything at once.
///
/// It displays as lines to read, and can be serialized.
///
/// ```no_run
/// # async fn check(kafka: &kafka_model::Kafka) {
/// let report = kafka.check().await;
/// println!("{report}");
/// if !report.is_ok() {
///     std::process::exit(1);
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    problems: Vec<CheckProblem>,
    differences: Vec<TopicDifference>,
    not_checked: Vec<NotChecked>,
    topics: Vec<CheckedTopic>,
}

impl CheckReport {
    /// What keeps something that is registered from doing its work, now or as soon as it tries.
    #[must_use]
    pub fn problems(&self) -> &[CheckProblem] {
        &self.problems
    }

    /// Topics that are not as the models declare them with `topic(...)`. They work all the same.
    #[must_use]
    pub fn differences(&self) -> &[TopicDifference] {
        &self.differences
    }

    /// What could not be checked, because the cluster does not answer such questions, or not to this client.
    #[must_use]
    pub fn not_checked(&self) -> &[NotChecked] {
        &self.not_checked
    }

    /// The topics that exist, with their partitions.
    #[must_use]
    pub fn topics(&self) -> &[CheckedTopic] {
        &self.topics
    }

    /// Whether there is no problem. What was [not checked](Self::not_checked) is none.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.differences.extend(other.differences);
        self.not_checked.extend(other.not_checked);
        self.topics.extend(other.topics);
    }

    pub(super) fn problem(&mut self, problem: CheckProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn difference(&mut self, difference: TopicDifference) {
        self.differences.push(difference);
    }

    pub(super) fn not_checked_is(&mut self, what: String, reason: String) {
        let not_checked = NotChecked { what, reason };
        if !self.not_checked.contains(&not_checked) {
            self.not_checked.push(not_checked);
        }
    }

    pub(super) fn topic(&mut self, topic: CheckedTopic) {
        self.topics.push(topic);
    }

    /// Of a check that could not be done at all.
    pub(super) fn not_done(reason: String) -> Self {
        let mut report = Self::default();
        report.problem(CheckProblem::NotDone { reason });
        report
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(
            f: &mut fmt::Formatter<'_>,
            head: &str,
            items: &[T],
        ) -> fmt::Result {
            if !items.is_empty() {
                write!(f, "\n{head}:")?;
            }
            items.iter().try_for_each(|item| write!(f, "\n  - {item}"))
        }
        let topics = match self.topics.len() {
            1 => "1 topic".to_owned(),
            topics => format!("{topics} topics"),
        };
        match self.problems.len() {
            0 => write!(f, "no problem; {topics} found")?,
            1 => write!(f, "1 problem:\n  - {}", self.problems[0])?,
            problems => {
                write!(f, "{problems} problems:")?;
                for problem in &self.problems {
                    write!(f, "\n  - {problem}")?;
                }
            }
        }
        list(f, "not as declared", &self.differences)?;
        list(f, "not checked", &self.not_checked)
    }
}

/// One thing that keeps something from working; it displays as a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckProblem {
    /// No broker answered, or none let this client in.
    Unreachable {
        /// Those who connect there.
        services: Vec<String>,
        /// [`ServiceError`](crate::ServiceError) in words.
        reason: String,
    },
    /// The check itself failed, so nothing is known of a cluster.
    NotDone {
        /// Why.
        reason: String,
    },
    /// A topic does not exist.
    Missing {
        /// Who needs it: a service, or a field that is only published to.
        service: String,
        /// The topic.
        topic: String,
        /// What for.
        purpose: TopicPurpose,
    },
    /// The cluster does not allow what is needed.
    NotAllowed {
        /// Who needs it: a service, or a field that is only published to.
        service: String,
        /// What is needed.
        operation: Operation,
        /// Of what.
        resource: Resource,
        /// Its name.
        name: String,
    },
    /// A retry topic deletes its records before they are due.
    RetentionTooShort {
        /// The service.
        service: String,
        /// The retry topic.
        topic: String,
        /// Its `retention.ms`.
        retention_ms: i64,
        /// How long its records wait.
        delay_ms: i64,
    },
    /// A retry topic or dead-letter topic is compacted: of records with one key it keeps the last only, and takes none
    /// without a key.
    Compacted {
        /// The service.
        service: String,
        /// The topic.
        topic: String,
        /// What for.
        purpose: TopicPurpose,
    },
}

impl CheckProblem {
    /// Who has the problem: a service, as `Model.shared` or `Model.field`, or a field that is only published to. The
    /// first of those that cannot reach their brokers. Empty for [`NotDone`](Self::NotDone).
    #[must_use]
    pub fn service(&self) -> &str {
        match self {
            Self::Unreachable { services, .. } => services.first().map_or("", String::as_str),
            Self::NotDone { .. } => "",
            Self::Missing { service, .. }
            | Self::NotAllowed { service, .. }
            | Self::RetentionTooShort { service, .. }
            | Self::Compacted { service, .. } => service,
        }
    }
}

impl fmt::Display for CheckProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { services, reason } => {
                write!(f, "{}: {reason}", services.join(", "))
            }
            Self::NotDone { reason } => write!(f, "the check was not done: {reason}"),
            Self::Missing {
                service,
                topic,
                purpose,
            } => write!(
                f,
                "{service}: {} `{topic}` does not exist: create it, or have it created (`Kafka::plan_topics`)",
                purpose.named()
            ),
            Self::NotAllowed {
                service,
                operation,
                resource,
                name,
            } => write!(
                f,
                "{service}: its user is not allowed to {} `{name}`: grant {operation} on the {}",
                match (operation, resource) {
                    (Operation::Read, Resource::Topic) => "read the topic",
                    (Operation::Write, _) => "write to the topic",
                    (Operation::Read, Resource::Group) => "be a member of the group",
                },
                match resource {
                    Resource::Topic => "topic",
                    Resource::Group => "group",
                }
            ),
            Self::RetentionTooShort {
                service,
                topic,
                retention_ms,
                delay_ms,
            } => write!(
                f,
                "{service}: the retry topic `{topic}` deletes its records after {retention_ms} ms, but they wait in \
                 it for {delay_ms} ms: raise its retention.ms, for instance to {}",
                delay_ms.saturating_mul(2)
            ),
            Self::Compacted {
                service,
                topic,
                purpose,
            } => write!(
                f,
                "{service}: {} `{topic}` is compacted, so it keeps the last record of each key only, and takes none \
                 without a key: set its cleanup.policy to delete",
                purpose.named()
            ),
        }
    }
}

/// What an ACL allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Operation {
    /// Reading a topic, or being a member of a group.
    Read,
    /// Writing to a topic.
    Write,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
        })
    }
}

/// What an ACL is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
}

/// Something that could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotChecked {
    /// What.
    pub what: String,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for NotChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

/// A topic that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckedTopic {
    /// The topic.
    pub topic: String,
    /// The field that it is of: `Model.field`.
    pub field: String,
    /// What it is for.
    pub purpose: TopicPurpose,
    /// How many partitions it has.
    pub partitions: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_was_not_done_is_not_ok() {
        let mut report = CheckReport::default();
        report.add(CheckReport::not_done("it panicked".to_owned()));
        assert!(!report.is_ok());
        let text = report.to_string();
        assert_eq!(text, "1 problem:\n  - the check was not done: it panicked");
    }
}
