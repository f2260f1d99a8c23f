//! The topics that the models need, compared with those that the clusters have.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kafka_model_core::Effective;
use serde::Serialize;

use super::apply::TopicsError;
use super::look::{Facts, TopicFact};
use super::needs::{Cluster, Needs, TopicNeed};
use super::spec::{Difference, TopicPurpose, TopicSpec};
use super::{TopicChanges, apply, elsewhere, look_at};
use crate::Error;
use crate::config::Connection;
use crate::error::ServiceError;
use crate::runtime::Inner;

/// The topics that the registered models need, and what would have to be done about each.
///
/// [`Kafka::plan_topics`](crate::Kafka::plan_topics) makes it, and nothing is changed by that. It displays as lines to
/// read, and can be serialized.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TopicPlan {
    /// Each topic once for each cluster, in the order of the models.
    pub topics: Vec<PlannedTopic>,
    #[serde(skip)]
    pub(super) targets: Vec<Target>,
    #[serde(skip)]
    pub(super) connection: Connection,
}

/// How a cluster is reached, to change it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) asker: String,
    pub(super) settings: Effective<'static>,
}

/// One topic that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedTopic {
    /// The topic.
    pub topic: String,
    /// The field that it is of: `Model.field`; the first if there are several.
    pub field: String,
    /// What it is for.
    pub purpose: TopicPurpose,
    /// The brokers' addresses.
    pub brokers: String,
    /// How it is declared by `topic(...)`, or how it is created because another topic is.
    pub spec: TopicSpec,
    /// What is to be done.
    pub step: TopicStep,
    #[serde(skip)]
    pub(super) target: usize,
}

/// What is to be done about a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TopicStep {
    /// It does not exist: [`TopicPlan::create`] creates it.
    Create,
    /// It does not exist, but its partitions are not declared, so it is left to others. See
    /// [`TopicPlan::with_broker_defaults`].
    NotDeclared,
    /// It exists, as it is declared.
    Nothing,
    /// It exists, but not as it is declared. [`TopicPlan::apply_changes`] changes what can be changed.
    Differs {
        /// In what.
        differences: Vec<Difference>,
    },
    /// Nothing can be done about it.
    Undecided {
        /// Why.
        reason: String,
    },
}

/// Compares what is registered with what the clusters have.
pub(crate) async fn plan(runtime: &Arc<Inner>) -> Result<TopicPlan, Error> {
    let runtime = Arc::clone(runtime);
    let planned = elsewhere(move || {
        let mut plan = TopicPlan {
            topics: Vec::new(),
            targets: Vec::new(),
            connection: runtime.connection.clone(),
        };
        let needs = Needs::of(&runtime);
        for (cluster, facts) in look_at(&needs, &runtime.connection, &AtomicBool::new(false)) {
            let unanswered = |reason| Facts {
                unreachable: Some(ServiceError::Client { reason }),
                ..Facts::default()
            };
            plan.add(cluster, &facts.unwrap_or_else(unanswered));
        }
        plan
    });
    planned
        .await
        .map_err(|reason| TopicsError::not_done(reason).into())
}

/// Creates what is declared and missing, before the services start. A cluster that is not reached, or a declaration that
/// contradicts another, keeps nothing else from starting.
pub(crate) async fn create_missing(runtime: &Arc<Inner>) -> Result<(), Error> {
    let plan = plan(runtime).await?;
    for topic in &plan.topics {
        if let TopicStep::Undecided { reason } = &topic.step {
            tracing::warn!(topic = %topic.topic, field = %topic.field, %reason, "the topic is not created");
        }
    }
    let created = plan.create().await?;
    for change in &created.done {
        tracing::info!(topic = %change.topic, brokers = %change.brokers, "{change}");
    }
    Ok(())
}

impl TopicPlan {
    /// Whether every topic exists as it is declared.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let mut steps = self.topics.iter().map(|topic| &topic.step);
        steps.all(|step| *step == TopicStep::Nothing)
    }

    /// This plan, with the topics that do not exist and whose partitions are not declared: they are created with what
    /// the broker gives by default (`num.partitions`, `default.replication.factor`), and with the rest of their
    /// `topic(...)`.
    #[must_use]
    pub fn with_broker_defaults(mut self) -> Self {
        for topic in &mut self.topics {
            if topic.step == TopicStep::NotDeclared {
                topic.step = TopicStep::Create;
            }
        }
        self
    }

    /// Creates the topics that are [to be created](TopicStep::Create); those that exist it leaves as they are. That another
    /// process was faster is no error.
    ///
    /// # Errors
    /// [`Error::Topics`]: what was done, and which topics the cluster refused to create, and why.
    pub async fn create(&self) -> Result<TopicChanges, Error> {
        let plan = self.clone();
        let work = elsewhere(move || apply::create(&plan));
        work.await
            .unwrap_or_else(|reason| Err(TopicsError::not_done(reason)))
            .map_err(Error::from)
    }

    /// Changes the topics that [differ](TopicStep::Differs): adds partitions, and sets the configs that are declared.
    ///
    /// Nothing is ever taken away: no topic, no partition, no config. Neither is the replication changed, since that
    /// moves data between brokers. What is left is in [`TopicChanges::left`]. Note that with more partitions, the
    /// records of a key come to another one, behind which earlier ones may still wait.
    ///
    /// # Errors
    /// [`Error::Topics`]: what was done, and what the cluster refused, and why.
    pub async fn apply_changes(&self) -> Result<TopicChanges, Error> {
        let plan = self.clone();
        let work = elsewhere(move || apply::change(&plan));
        work.await
            .unwrap_or_else(|reason| Err(TopicsError::not_done(reason)))
            .map_err(Error::from)
    }

    /// Adds what `cluster` needs.
    fn add(&mut self, cluster: &Cluster, facts: &Facts) {
        let target = self.targets.len();
        self.targets.push(Target {
            asker: cluster.services().into_iter().next().unwrap_or_default(),
            settings: cluster.settings,
        });
        for need in wanted(&cluster.topics) {
            // Those who connect to the same brokers in other ways may need the same topic.
            let known = self
                .topics
                .iter_mut()
                .find(|topic| topic.brokers == cluster.brokers && topic.topic == need.topic);
            if let Some(known) = known {
                if let (Err(reason), TopicStep::Create | TopicStep::NotDeclared) =
                    (agree(&mut known.spec, &known.field, &need), &known.step)
                {
                    known.step = TopicStep::Undecided { reason };
                } else if known.step == TopicStep::NotDeclared && known.spec.partitions.is_some() {
                    known.step = TopicStep::Create;
                }
                continue;
            }
            self.topics.push(PlannedTopic {
                step: step(&need, facts),
                topic: need.topic,
                field: need.field,
                purpose: need.purpose,
                brokers: cluster.brokers.clone(),
                spec: need.spec,
                target,
            });
        }
    }
}

/// A topic with all that is said of it.
struct Wanted {
    topic: String,
    field: String,
    purpose: TopicPurpose,
    spec: TopicSpec,
    conflict: Option<String>,
}

impl Wanted {
    /// Whether it is declared by itself, and not because another topic is.
    fn is_declared(&self) -> bool {
        is_declared(self.purpose)
    }
}

fn is_declared(purpose: TopicPurpose) -> bool {
    matches!(purpose, TopicPurpose::Consumed | TopicPurpose::Published)
}

/// Each topic once. What declares one goes over what only sends there.
fn wanted(needs: &[TopicNeed]) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for need in needs {
        let Some(known) = all.iter_mut().find(|known| known.topic == need.topic) else {
            all.push(Wanted {
                topic: need.topic.clone(),
                field: need.field.clone(),
                purpose: need.purpose,
                spec: need.spec.clone(),
                conflict: None,
            });
            continue;
        };
        match (known.is_declared(), is_declared(need.purpose)) {
            (true, false) => {}
            (false, false) => known.spec.enlarge(&need.spec),
            (false, true) => {
                known.purpose = need.purpose;
                known.field = need.field.clone();
                known.spec = need.spec.clone();
            }
            (true, true) => {
                let conflicts = known.spec.merge(&need.spec);
                if !conflicts.is_empty() {
                    known.conflict = Some(contradiction(&known.field, &need.field, &conflicts));
                }
            }
        }
    }
    all
}

/// Completes `spec` by what `other` says of the same topic.
fn agree(spec: &mut TopicSpec, field: &str, other: &Wanted) -> Result<(), String> {
    let conflicts = if other.is_declared() {
        spec.merge(&other.spec)
    } else {
        Vec::new()
    };
    if conflicts.is_empty() {
        Ok(())
    } else {
        Err(contradiction(field, &other.field, &conflicts))
    }
}

fn contradiction(one: &str, other: &str, conflicts: &[String]) -> String {
    format!(
        "{one} and {other} contradict each other ({}): declare it alike",
        conflicts.join("; ")
    )
}

fn step(wanted: &Wanted, facts: &Facts) -> TopicStep {
    let undecided = |reason: String| TopicStep::Undecided { reason };
    if let Some(conflict) = &wanted.conflict {
        return undecided(conflict.clone());
    }
    if let Some(error) = &facts.unreachable {
        return undecided(error.to_string());
    }
    match facts.topics.get(&wanted.topic) {
        Some(TopicFact::Missing) if wanted.spec.partitions.is_none() => TopicStep::NotDeclared,
        Some(TopicFact::Missing) => TopicStep::Create,
        Some(TopicFact::Exists { .. }) if !wanted.is_declared() => TopicStep::Nothing,
        Some(TopicFact::Exists {
            partitions,
            replication,
            ..
        }) => {
            let configs = facts.configs.get(&wanted.topic);
            let differences = wanted.spec.differences(*partitions, *replication, configs);
            if !differences.is_empty() {
                return TopicStep::Differs { differences };
            }
            match (configs, wanted.spec.configs.is_empty()) {
                (None, false) => undecided("the cluster does not tell its configs".to_owned()),
                _ => TopicStep::Nothing,
            }
        }
        Some(TopicFact::Hidden) => undecided(
            "its user may not see it: grant DESCRIBE on the topic, and CREATE to have it created"
                .to_owned(),
        ),
        Some(TopicFact::Unknown(reason)) => undecided(reason.clone()),
        None => undecided("the cluster did not answer for it".to_owned()),
    }
}

impl fmt::Display for TopicPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.topics.is_empty() {
            return f.write_str("no topic is needed");
        }
        let mut brokers = None;
        for topic in &self.topics {
            if brokers != Some(&topic.brokers) {
                let end = if brokers.is_some() { "\n" } else { "" };
                write!(f, "{end}at {}:", topic.brokers)?;
                brokers = Some(&topic.brokers);
            }
            write!(f, "\n  {topic}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.purpose {
            TopicPurpose::Consumed | TopicPurpose::Published => "",
            TopicPurpose::Retry => "retry topic of ",
            TopicPurpose::DeadLetter => "dead letters of ",
        };
        let name = format!("`{}` ({of}{})", self.topic, self.field);
        match &self.step {
            TopicStep::Create => write!(f, "create  {name}: {}", self.spec),
            TopicStep::NotDeclared => write!(
                f,
                "missing {name}: left to others, since no topic(partitions = …) declares it"
            ),
            TopicStep::Nothing => write!(f, "keep    {name}"),
            TopicStep::Differs { differences } => {
                write!(f, "differs {name}:")?;
                let mut separator = " ";
                for difference in differences {
                    write!(f, "{separator}{difference}")?;
                    separator = "; ";
                }
                Ok(())
            }
            TopicStep::Undecided { reason } => write!(f, "skip    {name}: {reason}"),
        }
    }
}
