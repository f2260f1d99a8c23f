//! From a declaration to its description.

use std::any::TypeId;
use std::sync::Arc;

use kafka_model_core::failure::retry_topic;
use kafka_model_core::setting::SPECS;
use kafka_model_core::{Effective, FieldDeclaration, Level, ModelDeclaration, Setting, Side, Spec};

use super::{
    ModelDescription, PublishedDescription, ServiceDescription, SettingDescription,
    TopicDescription,
};
use crate::error::RegisterError;
use crate::overrides::Overridden;
use crate::runtime::{Kafka, Processing, Producer, ServiceSettings, published_with};
use crate::{Error, KafkaModel};

/// Describes the model `M` with the overrides of `kafka`: what the derived `describe` does.
///
/// # Errors
/// [`RegisterError`] with everything that is wrong with the overrides.
pub fn describe<M: KafkaModel>(kafka: &Kafka) -> Result<ModelDescription, Error> {
    let declaration: &'static ModelDeclaration<'static> = const { &M::DECLARATION };
    let overridden = kafka.inner.overrides.of(TypeId::of::<M>(), declaration);
    if !overridden.problems.is_empty() {
        return Err(Error::Register(RegisterError {
            model: declaration.name,
            problems: overridden.problems.clone(),
        }));
    }
    Ok(Gather { kafka, overridden }.model())
}

struct Gather<'a> {
    kafka: &'a Kafka,
    overridden: Arc<Overridden>,
}

impl Gather<'_> {
    fn model(&self) -> ModelDescription {
        let model = self.overridden.model;
        let fields = || model.fields.iter().enumerate();
        let shared: Vec<_> = fields()
            .filter(|(_, field)| !field.publish_only && !field.is_dedicated())
            .collect();
        let shared = (!shared.is_empty()).then_some((None, shared));
        let dedicated = fields()
            .filter(|(_, field)| !field.publish_only && field.is_dedicated())
            .map(|(index, field)| (Some(index), vec![(index, field)]));
        let services: Vec<_> = shared
            .into_iter()
            .chain(dedicated)
            .map(|(own, fields)| self.service(own, &fields))
            .collect();
        let published = fields()
            .filter(|(_, field)| field.publish_only)
            .map(|(index, field)| self.published(index, field));
        ModelDescription {
            model: model.name.to_owned(),
            published: published.collect(),
            max_buffered: services
                .iter()
                .flat_map(|service| &service.topics)
                .map(|topic| topic.max_buffered)
                .sum(),
            memory_budget: services.iter().map(|service| service.memory_budget).sum(),
            services,
        }
    }

    /// The service of `fields`, which is that of the field at `own` alone or else the shared one.
    fn service(
        &self,
        own: Option<usize>,
        fields: &[(usize, &FieldDeclaration<'static>)],
    ) -> ServiceDescription {
        let model = self.overridden.model;
        let settings =
            own.map_or_else(|| model.shared(), |index| model.field(&model.fields[index]));
        let short = own.map_or("shared", |index| model.fields[index].name);
        let group = fields
            .first()
            .and_then(|(_, field)| model.group(field))
            .map(|(group, _)| self.kafka.inner.connection.describe(group))
            .unwrap_or_default();
        let topics = fields
            .iter()
            .map(|(index, field)| self.topic(*index, field, &group));
        ServiceDescription {
            service: format!("{}.{short}", model.name),
            dedicated: own.is_some(),
            memory_budget: ServiceSettings::of(&settings).memory_budget as u64,
            settings: self.settings(&settings, own, |spec| {
                spec.side.is_connection() && spec.setting != Setting::GroupId
            }),
            topics: topics.collect(),
            group,
        }
    }

    fn topic(
        &self,
        index: usize,
        field: &FieldDeclaration<'static>,
        group: &str,
    ) -> TopicDescription {
        let settings = self.overridden.model.field(field);
        let processing = Processing::of(&settings);
        let delays = processing.retry.topics;
        let retry_topics: Vec<_> = (0..delays.len())
            .filter_map(|at| delays.get(at))
            .map(|delay| {
                retry_topic(field.message.topic, group, delay)
                    .as_str()
                    .to_owned()
            })
            .collect();
        TopicDescription {
            field: field.name.to_owned(),
            message: field.message.type_name.to_owned(),
            topic: field.message.topic.to_owned(),
            max_buffered: processing.max_buffered as u64 * (1 + retry_topics.len() as u64),
            retry_topics,
            settings: self.settings(&settings, Some(index), |spec| !spec.side.is_connection()),
        }
    }

    fn published(&self, index: usize, field: &FieldDeclaration<'static>) -> PublishedDescription {
        let model = self.overridden.model;
        let (producer, own) = match published_with(model, field) {
            Producer::OfModel(settings) => (settings, None),
            Producer::Own(settings) => (settings, Some(index)),
        };
        let mut settings = self.settings(&producer, own, |spec| spec.side == Side::Client);
        let of_topic = |spec: &Spec| spec.side == Side::Topic;
        settings.extend(self.settings(&model.field(field), Some(index), of_topic));
        PublishedDescription {
            field: field.name.to_owned(),
            message: field.message.type_name.to_owned(),
            topic: field.message.topic.to_owned(),
            settings,
        }
    }

    /// What was given to the settings that are `wanted`, in the order of the table.
    fn settings(
        &self,
        settings: &Effective<'static>,
        field: Option<usize>,
        wanted: impl Fn(&Spec) -> bool,
    ) -> Vec<SettingDescription> {
        let given = SPECS.iter().filter(|spec| wanted(spec)).filter_map(|spec| {
            let (given, level) = settings
                .find_entry(spec.setting)
                .filter(|(_, level)| *level != Level::Framework)?;
            let from = self
                .overridden
                .origin(level, field, spec.setting)
                .unwrap_or_else(|| place(level));
            let pinned = if given.pinned { ", pinned" } else { "" };
            Some(SettingDescription {
                setting: spec.name.to_owned(),
                value: spec.show(given.value),
                from: format!("{from}{pinned}"),
            })
        });
        given.collect()
    }
}

/// Where an attribute of this level stands.
fn place(level: Level) -> &'static str {
    match level {
        Level::Model => "on the model",
        Level::Message => "on the type",
        Level::Dedicated => "in the type's `dedicated(...)`",
        Level::Field => "on the field",
        Level::FieldDedicated => "in the field's `dedicated(...)`",
        Level::Framework
        | Level::ModelOverride
        | Level::ProcessOverride
        | Level::SharedOverride
        | Level::FieldOverride => level.describe(),
    }
}
