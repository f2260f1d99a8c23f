//! What is done to topics, and what came of it. All of this blocks.

use std::fmt;

use rdkafka::error::RDKafkaErrorCode;
use serde::Serialize;

use super::plan::{PlannedTopic, Target, TopicPlan, TopicStep};
use super::spec::{Difference, TopicDifference};
use crate::config::Connection;
use crate::native::{Admin, AdminError, NewTopic, TopicResult};
use crate::poll::Probe;

/// What was done to topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicChanges {
    /// What was done.
    pub done: Vec<TopicChange>,
    /// What differs and was left: too many partitions, another replication, configs that the broker does not know.
    pub left: Vec<TopicDifference>,
}

impl fmt::Display for TopicChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.done.is_empty() && self.left.is_empty() {
            return f.write_str("nothing was to be done");
        }
        let mut end = "";
        for change in &self.done {
            write!(f, "{end}{change}")?;
            end = "\n";
        }
        for left in &self.left {
            write!(f, "{end}left: {left}")?;
            end = "\n";
        }
        Ok(())
    }
}

/// What was done to one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicChange {
    /// The topic.
    pub topic: String,
    /// The brokers' addresses.
    pub brokers: String,
    /// What was done.
    #[serde(flatten)]
    pub done: TopicDone,
}

/// What was done to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "done", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TopicDone {
    /// It was created.
    Created,
    /// It was to be created, and another process was faster.
    ExistsAlready,
    /// It has more partitions.
    PartitionsAdded {
        /// It had so many.
        from: i32,
        /// It has so many.
        to: i32,
    },
    /// Configs were set.
    ConfigsSet {
        /// Kafka's names of them.
        names: Vec<String>,
    },
}

impl fmt::Display for TopicChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = &self.topic;
        match &self.done {
            TopicDone::Created => write!(f, "`{topic}` was created"),
            TopicDone::ExistsAlready => write!(f, "`{topic}` exists by now"),
            TopicDone::PartitionsAdded { from, to } => {
                write!(f, "`{topic}` has {to} partitions instead of {from}")
            }
            TopicDone::ConfigsSet { names } => write!(f, "`{topic}`: {} set", names.join(", ")),
        }
    }
}

/// Topics could not be created or changed: which, and why; and what was done before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicsError {
    /// What was done.
    pub done: TopicChanges,
    /// Each topic that could not, and why. Without a name: none could.
    pub failed: Vec<(String, String)>,
}

impl TopicsError {
    pub(super) fn not_done(reason: String) -> Self {
        Self {
            done: TopicChanges::default(),
            failed: vec![(String::new(), reason)],
        }
    }
}

impl fmt::Display for TopicsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not all topics could be created or changed:")?;
        for (topic, reason) in &self.failed {
            if topic.is_empty() {
                write!(f, "\n  - {reason}")?;
            } else {
                write!(f, "\n  - `{topic}`: {reason}")?;
            }
        }
        for change in &self.done.done {
            write!(f, "\n  (done: {change})")?;
        }
        Ok(())
    }
}

impl std::error::Error for TopicsError {}

/// What was done so far, and what failed.
#[derive(Default)]
struct Outcome {
    changes: TopicChanges,
    failed: Vec<(String, String)>,
}

impl Outcome {
    fn done(&mut self, topic: &PlannedTopic, done: TopicDone) {
        self.changes.done.push(TopicChange {
            topic: topic.topic.clone(),
            brokers: topic.brokers.clone(),
            done,
        });
    }

    fn failed(&mut self, topic: &PlannedTopic, reason: impl ToString) {
        self.failed.push((topic.topic.clone(), reason.to_string()));
    }

    /// Notes what became of each of `topics`.
    fn take(
        &mut self,
        topics: &[&PlannedTopic],
        answer: Result<Vec<TopicResult>, AdminError>,
        done: impl Fn(&PlannedTopic) -> TopicDone,
    ) {
        for topic in topics {
            let error = match &answer {
                Err(error) => Some(error),
                Ok(results) => match results.iter().find(|result| result.topic == topic.topic) {
                    Some(result) => result.error.as_ref(),
                    None => {
                        self.failed(topic, "the cluster did not answer for it");
                        continue;
                    }
                },
            };
            match error {
                None => self.done(topic, done(topic)),
                Some(error) if error.code == Some(RDKafkaErrorCode::TopicAlreadyExists) => {
                    self.done(topic, TopicDone::ExistsAlready);
                }
                Some(error) => self.failed(topic, &error.reason),
            }
        }
    }

    fn result(self) -> Result<TopicChanges, TopicsError> {
        if self.failed.is_empty() {
            Ok(self.changes)
        } else {
            Err(TopicsError {
                done: self.changes,
                failed: self.failed,
            })
        }
    }
}

/// Creates what is to be created.
pub(super) fn create(plan: &TopicPlan) -> Result<TopicChanges, TopicsError> {
    let mut outcome = Outcome::default();
    let new = |topic: &&PlannedTopic| topic.step == TopicStep::Create;
    each_target(plan, new, &mut outcome, |target, topics, outcome| {
        let wanted: Vec<_> = topics.iter().map(|topic| new_topic(topic)).collect();
        let answer = create_at(target, &plan.connection, &wanted);
        outcome.take(topics, answer, |_| TopicDone::Created);
    });
    outcome.result()
}

/// Changes what can be changed.
pub(super) fn change(plan: &TopicPlan) -> Result<TopicChanges, TopicsError> {
    let mut outcome = Outcome::default();
    let differs = |topic: &&PlannedTopic| matches!(topic.step, TopicStep::Differs { .. });
    each_target(plan, differs, &mut outcome, |target, topics, outcome| {
        for topic in topics {
            for difference in differences(topic) {
                if !difference.can_be_applied() {
                    outcome.changes.left.push(TopicDifference {
                        topic: topic.topic.clone(),
                        field: topic.field.clone(),
                        difference: difference.clone(),
                    });
                }
            }
        }
        grow(target, plan, topics, outcome);
        set(target, plan, topics, outcome);
    });
    outcome.result()
}

/// Gives topics the partitions that they lack.
fn grow(target: &Target, plan: &TopicPlan, topics: &[&PlannedTopic], outcome: &mut Outcome) {
    let partitions = |topic: &PlannedTopic| {
        differences(topic).find_map(|difference| match difference {
            Difference::Partitions { declared, actual } if declared > actual => {
                Some((*actual, *declared))
            }
            _ => None,
        })
    };
    let growing: Vec<_> = topics
        .iter()
        .copied()
        .filter(|topic| partitions(topic).is_some())
        .collect();
    if growing.is_empty() {
        return;
    }
    let totals: Vec<_> = growing
        .iter()
        .filter_map(|topic| {
            let (_, to) = partitions(topic)?;
            Some((topic.topic.clone(), usize::try_from(to).ok()?))
        })
        .collect();
    let answer = with(target, &plan.connection, |admin| {
        admin.create_partitions(&totals)
    });
    outcome.take(&growing, answer, |topic| {
        let (from, to) = partitions(topic).unwrap_or_default();
        TopicDone::PartitionsAdded { from, to }
    });
}

/// Sets the configs that differ, and no others.
fn set(target: &Target, plan: &TopicPlan, topics: &[&PlannedTopic], outcome: &mut Outcome) {
    let configs = |topic: &PlannedTopic| -> Vec<(String, String)> {
        let settable = differences(topic).filter(|difference| difference.can_be_applied());
        settable
            .filter_map(|difference| match difference {
                Difference::Config { name, declared, .. } => Some((name.clone(), declared.clone())),
                _ => None,
            })
            .collect()
    };
    let setting: Vec<_> = topics
        .iter()
        .copied()
        .filter(|topic| !configs(topic).is_empty())
        .collect();
    if setting.is_empty() {
        return;
    }
    let wanted: Vec<_> = setting
        .iter()
        .map(|topic| (topic.topic.clone(), configs(topic)))
        .collect();
    let answer = with(target, &plan.connection, |admin| admin.set_configs(&wanted));
    outcome.take(&setting, answer, |topic| TopicDone::ConfigsSet {
        names: configs(topic).into_iter().map(|(name, _)| name).collect(),
    });
}

fn differences(topic: &PlannedTopic) -> impl Iterator<Item = &Difference> {
    let differences = match &topic.step {
        TopicStep::Differs { differences } => differences.as_slice(),
        _ => &[],
    };
    differences.iter()
}

/// Has `work` done for each cluster of which topics are `wanted`.
fn each_target(
    plan: &TopicPlan,
    wanted: impl Fn(&&PlannedTopic) -> bool,
    outcome: &mut Outcome,
    mut work: impl FnMut(&Target, &[&PlannedTopic], &mut Outcome),
) {
    for (index, target) in plan.targets.iter().enumerate() {
        let of_target = plan.topics.iter().filter(|topic| topic.target == index);
        let topics: Vec<_> = of_target.filter(&wanted).collect();
        if !topics.is_empty() {
            work(target, &topics, outcome);
        }
    }
}

fn new_topic(topic: &PlannedTopic) -> NewTopic {
    let configs = topic.spec.configs.iter();
    NewTopic {
        topic: topic.topic.clone(),
        partitions: topic.spec.partitions,
        replication: topic.spec.replication,
        configs: configs
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }
}

fn with<T>(
    target: &Target,
    connection: &Connection,
    ask: impl FnOnce(&Admin<'_, crate::poll::ProbeContext>) -> Result<T, AdminError>,
) -> Result<T, AdminError> {
    let probe = Probe::of(&target.asker, &target.settings, connection);
    let probe = probe.map_err(|error| AdminError {
        code: None,
        reason: error.to_string(),
    })?;
    ask(&Admin::new(probe.client(), connection.connect_timeout))
}

fn create_at(
    target: &Target,
    connection: &Connection,
    topics: &[NewTopic],
) -> Result<Vec<TopicResult>, AdminError> {
    #[cfg(feature = "embedded")]
    if let Some(embedded) = &connection.embedded {
        // It takes no such request, but is in this process.
        return Ok(topics
            .iter()
            .map(|topic| TopicResult {
                topic: topic.topic.clone(),
                error: embedded.create_topic(&topic.topic, topic.partitions).err(),
            })
            .collect());
    }
    with(target, connection, |admin| admin.create_topics(topics))
}
