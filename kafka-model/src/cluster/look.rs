//! What a cluster says of the topics and groups that are needed. All of this blocks.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode;

use super::needs::Cluster;
use crate::config::Connection;
use crate::error::ServiceError;
use crate::native::{Admin, AdminError, Allowed, TopicFacts};
use crate::poll::Probe;

/// How long one request for metadata may take.
const SLICE: Duration = Duration::from_secs(1);

/// What a cluster says.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Why nothing is known at all.
    pub(crate) unreachable: Option<ServiceError>,
    pub(crate) topics: HashMap<String, TopicFact>,
    pub(crate) groups: HashMap<String, GroupFact>,
    /// By topic; what is missing was not asked for, or not answered.
    pub(crate) configs: HashMap<String, BTreeMap<String, String>>,
    /// What was not answered, and why.
    pub(crate) unanswered: Vec<(String, String)>,
}

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TopicFact {
    Missing,
    /// It may not even be known whether it exists.
    Hidden,
    Exists {
        partitions: usize,
        replication: Option<usize>,
        /// What may be done with it; `None`: not known.
        allowed: Option<Allowed>,
    },
    Unknown(String),
}

/// What is known of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupFact {
    Hidden,
    /// Whether it may be joined; `None`: not known.
    Known(Option<bool>),
    Unknown(String),
}

/// Asks `cluster`. Ends early once `stop` is set: then what it returns is not all.
pub(crate) fn look(cluster: &Cluster, connection: &Connection, stop: &AtomicBool) -> Facts {
    let mut facts = Facts::default();
    let services = cluster.services();
    let asker = services.first().map_or("check", String::as_str);
    let probe = match Probe::of(asker, &cluster.settings, connection) {
        Ok(probe) => probe,
        Err(error) => {
            facts.unreachable = Some(error);
            return facts;
        }
    };
    let timeout = connection.connect_timeout;
    let topics = cluster.topic_names();
    facts.unreachable = reach(&probe, &topics, timeout, stop).err();
    if facts.unreachable.is_some() || stop.load(Ordering::SeqCst) {
        return facts;
    }
    let admin = Admin::new(probe.client(), timeout);
    if connection.embedded.is_some() {
        let reason = "the embedded broker does not say";
        let what = "what is allowed, and the configs of topics";
        facts.unanswered.push((what.to_owned(), reason.to_owned()));
        by_metadata(&probe, &topics, &mut facts);
        return facts;
    }
    match admin.describe_topics(&topics) {
        Ok(described) => facts.topics.extend(described.into_iter().map(of_topic)),
        Err(error) => {
            let what = "what is allowed on topics, and their replication";
            facts.unanswered.push((what.to_owned(), error.reason));
            by_metadata(&probe, &topics, &mut facts);
        }
    }
    if stop.load(Ordering::SeqCst) {
        return facts;
    }
    look_at_groups(&admin, cluster, &mut facts);
    if stop.load(Ordering::SeqCst) {
        return facts;
    }
    look_at_configs(&admin, cluster, &mut facts);
    facts
}

/// Returns once a broker has answered.
fn reach(
    probe: &Probe,
    topics: &[&str],
    timeout: Duration,
    stop: &AtomicBool,
) -> Result<(), ServiceError> {
    let Some(topic) = topics.first() else {
        return Ok(());
    };
    let is_over = || stop.load(Ordering::SeqCst);
    let deadline = Instant::now() + timeout;
    probe.reach(topic, timeout, deadline, &is_over).map(drop)
}

/// Whether there are topics, by a question that every broker answers.
fn by_metadata(probe: &Probe, topics: &[&str], facts: &mut Facts) {
    for topic in topics {
        let fact = match probe.find(topic, SLICE) {
            Ok(Ok(0)) | Ok(Err(RDKafkaErrorCode::UnknownTopicOrPartition)) => TopicFact::Missing,
            Ok(Err(RDKafkaErrorCode::TopicAuthorizationFailed)) => TopicFact::Hidden,
            Ok(Ok(partitions)) => TopicFact::Exists {
                partitions,
                replication: None,
                allowed: None,
            },
            Ok(Err(code)) => TopicFact::Unknown(code.to_string()),
            Err(error) => TopicFact::Unknown(error.to_string()),
        };
        facts.topics.insert((*topic).to_owned(), fact);
    }
}

fn of_topic(described: TopicFacts) -> (String, TopicFact) {
    let fact = match described.error {
        None => TopicFact::Exists {
            partitions: described.partitions,
            replication: Some(described.replication).filter(|replicas| *replicas > 0),
            allowed: described.allowed,
        },
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => TopicFact::Missing,
        Some(RDKafkaErrorCode::TopicAuthorizationFailed) => TopicFact::Hidden,
        Some(code) => TopicFact::Unknown(code.to_string()),
    };
    (described.topic, fact)
}

fn look_at_groups<C: rdkafka::consumer::ConsumerContext>(
    admin: &Admin<'_, C>,
    cluster: &Cluster,
    facts: &mut Facts,
) {
    let groups: Vec<_> = cluster.groups.iter().map(|need| &*need.group).collect();
    if groups.is_empty() {
        return;
    }
    match admin.describe_groups(&groups) {
        Ok(described) => facts.groups.extend(described.into_iter().map(|group| {
            let fact = match group.error {
                // A group that is not there yet can still be allowed or not.
                None
                | Some(AdminError {
                    code: Some(RDKafkaErrorCode::GroupIdNotFound),
                    ..
                }) => GroupFact::Known(group.allowed.map(|allowed| allowed.read)),
                Some(AdminError {
                    code: Some(RDKafkaErrorCode::GroupAuthorizationFailed),
                    ..
                }) => GroupFact::Hidden,
                Some(error) => GroupFact::Unknown(error.reason),
            };
            (group.group, fact)
        })),
        Err(error) => {
            let what = "what is allowed on groups";
            facts.unanswered.push((what.to_owned(), error.reason));
        }
    }
}

fn look_at_configs<C: rdkafka::consumer::ConsumerContext>(
    admin: &Admin<'_, C>,
    cluster: &Cluster,
    facts: &mut Facts,
) {
    let mut topics = cluster.configured_names();
    topics.retain(|topic| matches!(facts.topics.get(*topic), Some(TopicFact::Exists { .. })));
    if topics.is_empty() {
        return;
    }
    match admin.describe_configs(&topics) {
        Ok(described) => {
            for of_topic in described {
                match of_topic.configs {
                    Ok(configs) => {
                        facts.configs.insert(of_topic.topic, configs);
                    }
                    Err(error) => {
                        let what = format!("the configs of the topic `{}`", of_topic.topic);
                        facts.unanswered.push((what, error.reason));
                    }
                }
            }
        }
        Err(error) => {
            let what = "the configs of topics";
            facts.unanswered.push((what.to_owned(), error.reason));
        }
    }
}
