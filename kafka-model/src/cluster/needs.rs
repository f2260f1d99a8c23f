//! Which topics and groups the registered models need, by cluster.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kafka_model_core::failure::OnFailure;
use kafka_model_core::{Effective, FieldDeclaration};

use super::spec::{TopicPurpose, TopicSpec};
use crate::config;
use crate::runtime::{Inner, ServiceState};

/// A field of a registered model.
#[derive(Clone)]
pub(crate) struct RegisteredField {
    pub(crate) model: &'static str,
    pub(crate) field: &'static FieldDeclaration<'static>,
    /// Its settings of all levels.
    pub(crate) settings: Effective<'static>,
    /// The settings of what connects for it: its consumer's, or those of the producer if it is only published to.
    pub(crate) connection: Effective<'static>,
    /// `None`: it is only published to.
    pub(crate) service: Option<Arc<ServiceState>>,
}

/// What is needed of all clusters.
pub(crate) struct Needs {
    pub(crate) clusters: Vec<Cluster>,
}

/// What is needed of one cluster, by those who connect to it in the same way.
pub(crate) struct Cluster {
    pub(crate) settings: Effective<'static>,
    pub(crate) brokers: String,
    pub(crate) topics: Vec<TopicNeed>,
    pub(crate) groups: Vec<GroupNeed>,
}

/// A topic that is needed by one field. Several may need the same.
#[derive(Clone, Debug)]
pub(crate) struct TopicNeed {
    pub(crate) topic: String,
    /// Who needs it: a service, or the field if it is only published to.
    pub(crate) service: String,
    /// `Model.field`.
    pub(crate) field: String,
    pub(crate) purpose: TopicPurpose,
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// How long records wait in it.
    pub(crate) delay: Option<Duration>,
    /// How it is declared, or for a retry or dead-letter topic, how it would be created.
    pub(crate) spec: TopicSpec,
}

/// A group that a service is to be a member of.
#[derive(Clone, Debug)]
pub(crate) struct GroupNeed {
    pub(crate) group: String,
    pub(crate) service: String,
}

impl Needs {
    /// What everything needs that is registered with `runtime`.
    pub(crate) fn of(runtime: &Inner) -> Self {
        let mut needs = Self {
            clusters: Vec::new(),
        };
        // The brokers may be read from a vault, which takes its time: nobody is to wait for the lock meanwhile.
        let fields = runtime.registered().fields.clone();
        for field in &fields {
            let brokers = runtime.connection.brokers(&field.connection);
            let cluster = needs.cluster(field.connection, brokers.unwrap_or_default());
            cluster.add(field);
        }
        needs
    }

    fn cluster(&mut self, settings: Effective<'static>, brokers: String) -> &mut Cluster {
        let known = self.clusters.iter().position(|cluster| {
            cluster.brokers == brokers && config::is_same_cluster(&cluster.settings, &settings)
        });
        let index = known.unwrap_or_else(|| {
            self.clusters.push(Cluster {
                settings,
                brokers,
                topics: Vec::new(),
                groups: Vec::new(),
            });
            self.clusters.len() - 1
        });
        &mut self.clusters[index]
    }
}

impl Cluster {
    fn add(&mut self, registered: &RegisteredField) {
        let field = registered.field;
        let name = format!("{}.{}", registered.model, field.name);
        let spec = TopicSpec::of(&registered.settings);
        let Some(service) = &registered.service else {
            self.topics.push(TopicNeed {
                topic: field.message.topic.to_owned(),
                service: name.clone(),
                field: name,
                purpose: TopicPurpose::Published,
                read: false,
                write: true,
                delay: None,
                spec,
            });
            return;
        };
        if !self.groups.iter().any(|known| known.group == service.group) {
            self.groups.push(GroupNeed {
                group: service.group.clone(),
                service: service.name.clone(),
            });
        }
        let need = |topic: &str, purpose: TopicPurpose, delay| TopicNeed {
            topic: topic.to_owned(),
            service: service.name.clone(),
            field: name.clone(),
            purpose,
            read: purpose != TopicPurpose::DeadLetter,
            write: purpose != TopicPurpose::Consumed,
            delay,
            spec: match purpose {
                TopicPurpose::Consumed | TopicPurpose::Published => spec.clone(),
                TopicPurpose::Retry | TopicPurpose::DeadLetter => spec.beside(),
            },
        };
        let of_field = service
            .topics
            .iter()
            .filter(|topic| topic.field == field.name);
        for topic in of_field {
            let purpose = match topic.delay {
                None => TopicPurpose::Consumed,
                Some(_) => TopicPurpose::Retry,
            };
            self.topics.push(need(&topic.topic, purpose, topic.delay));
            if purpose == TopicPurpose::Consumed
                && topic.settings.on_failure == OnFailure::DeadLetter
                && let Some(dead_letter) = topic.settings.dead_letter
            {
                self.topics
                    .push(need(dead_letter, TopicPurpose::DeadLetter, None));
            }
        }
    }

    /// The names of all topics, each once.
    pub(crate) fn topic_names(&self) -> Vec<&str> {
        let names: BTreeMap<_, ()> = self.topics.iter().map(|need| (&*need.topic, ())).collect();
        names.into_keys().collect()
    }

    /// The names of the topics whose configs matter, each once.
    pub(crate) fn configured_names(&self) -> Vec<&str> {
        let configured = |need: &&TopicNeed| {
            let own = matches!(
                need.purpose,
                TopicPurpose::Consumed | TopicPurpose::Published
            );
            need.delay.is_some() || (own && !need.spec.configs.is_empty())
        };
        let needs = self.topics.iter().filter(configured);
        let names: BTreeMap<_, ()> = needs.map(|need| (&*need.topic, ())).collect();
        names.into_keys().collect()
    }

    /// Those who need something of it, each once.
    pub(crate) fn services(&self) -> Vec<String> {
        let mut services: Vec<String> = Vec::new();
        for need in &self.topics {
            if !services.contains(&need.service) {
                services.push(need.service.clone());
            }
        }
        services
    }
}
