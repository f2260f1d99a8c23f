//! From a model's declaration to the services that will serve it.

use std::any::TypeId;
use std::sync::Arc;

use kafka_model_core::failure::retry_topic;
use kafka_model_core::{Effective, FieldDeclaration, ModelDeclaration, rules};

use super::kafka::{Inner, Kafka};
use super::missing::Missing;
use super::producers::{Producer, published_with, publishers};
use super::service_state::ServiceState;
use super::settings::{Processing, ServiceSettings};
use super::topic_state::{Attached, Owner, TopicState};
use crate::cluster::RegisteredField;
use crate::config::Limits;
use crate::error::{RegisterError, RegisterProblem};
use crate::failure::{Failures, Limiter, Publishers};
use crate::lane::Buffer;
use crate::poll::Waker;
use crate::publish::{Publisher, Purpose};
use crate::{Error, KafkaMessage, KafkaModel, Topic};

/// A model that is being registered: the fields' handles come from here.
pub struct Registration {
    runtime: Arc<Inner>,
    declaration: &'static ModelDeclaration<'static>,
    /// By field: its topic and its service, unless it is only published to.
    consumed: Vec<Option<(Arc<TopicState>, Arc<ServiceState>)>>,
    /// By field: where it is published to.
    publishers: Vec<Arc<Publisher>>,
}

impl Registration {
    /// The handle of the field at `index`, counted from 0.
    ///
    /// # Panics
    /// If there is no such field. Only the derive calls this, with the fields' own indices.
    #[must_use]
    pub fn topic<T: KafkaMessage>(&self, index: usize) -> Topic<T> {
        let field = &self.declaration.fields[index];
        Topic::new(
            Arc::clone(&self.runtime),
            field,
            self.consumed[index].clone(),
            Arc::clone(&self.publishers[index]),
        )
    }
}

/// Registers the model `M`: what the derived `register_all` does.
///
/// # Errors
/// [`RegisterError`] with everything that is missing in the environment.
pub fn register_all<M: KafkaModel>(kafka: &Kafka) -> Result<M, Error> {
    let declaration: &'static ModelDeclaration<'static> = const { &M::DECLARATION };
    let registration = register(&kafka.inner, declaration, TypeId::of::<M>())?;
    Ok(M::from_registration(&registration))
}

fn register(
    runtime: &Arc<Inner>,
    model: &'static ModelDeclaration<'static>,
    id: TypeId,
) -> Result<Registration, RegisterError> {
    let overridden = runtime.overrides.of(id, model);
    let model = overridden.model;
    let mut problems = overridden.problems.clone();
    if runtime.is_started() {
        problems.push(RegisterProblem::Running);
    }
    // A vault may take its time, and who asks for the status is not to wait for it: the lock comes later.
    let mut missing = Missing {
        runtime,
        overridden: &overridden,
        problems: Vec::new(),
    };
    let plans = plan(&mut missing);
    let no_groups = std::mem::take(&mut missing.problems);
    for plan in &plans {
        missing.check(&plan.settings, &plan.label(model));
        check_retry_topics(model, plan, &mut missing.problems);
    }
    for field in model.fields.iter().filter(|field| field.publish_only) {
        match published_with(model, field) {
            Producer::OfModel(settings) => missing.check(&settings, model.name),
            Producer::Own(settings) => missing.check(&settings, &label(model, Some(field))),
        }
    }
    // All but what only a vault could say is among the settings that were checked.
    no_groups
        .into_iter()
        .for_each(|problem| missing.add(problem));
    let missing = missing.problems;
    let mut registered = runtime.registered();
    let twice = registered.models.iter().any(|(known, _)| *known == id);
    if twice {
        problems.push(RegisterProblem::Twice);
    }
    problems.extend(missing);
    check_groups(model, &plans, &mut problems);
    // A model that is registered twice meets its own groups.
    for plan in plans.iter().filter(|_| !twice) {
        let mut services = registered.services.iter();
        if services.any(|service| service.group == plan.group) {
            problems.push(RegisterProblem::GroupTaken {
                service: plan.label(model),
                group: plan.group.clone(),
            });
        }
    }
    if !problems.is_empty() {
        return Err(RegisterError {
            model: model.name,
            problems,
        });
    }
    let mut consumed = vec![None; model.fields.len()];
    for plan in plans {
        let (service, failures) = build(runtime, model, plan, &mut consumed);
        registered.services.push(service);
        registered
            .publishers
            .extend([failures.together, failures.alone]);
    }
    let publishers = publishers(runtime, model);
    registered.fields.extend(fields(model, &consumed));
    registered.publishers.extend(publishers.iter().cloned());
    registered.models.push((id, model.name));
    Ok(Registration {
        runtime: Arc::clone(runtime),
        declaration: model,
        consumed,
        publishers,
    })
}

/// The fields with what connects for each.
fn fields(
    model: &'static ModelDeclaration<'static>,
    consumed: &[Option<(Arc<TopicState>, Arc<ServiceState>)>],
) -> Vec<RegisteredField> {
    let fields = model.fields.iter().zip(consumed);
    let of = |(field, consumed): (_, &Option<(_, Arc<ServiceState>)>)| {
        let service = consumed.as_ref().map(|(_, service)| Arc::clone(service));
        let connection = match (&service, published_with(model, field)) {
            (Some(service), _) => service.effective,
            (None, Producer::OfModel(settings) | Producer::Own(settings)) => settings,
        };
        RegisteredField {
            model: model.name,
            field,
            settings: model.field(field),
            connection,
            service,
        }
    };
    fields.map(of).collect()
}

/// A service that the model needs.
struct Plan {
    /// The fields it serves, by index.
    fields: Vec<usize>,
    dedicated: Option<&'static FieldDeclaration<'static>>,
    /// Empty if it could not be read, which is a problem.
    group: String,
    settings: Effective<'static>,
}

impl Plan {
    fn label(&self, model: &ModelDeclaration<'_>) -> String {
        label(model, self.dedicated)
    }
}

/// Who has a problem: a field, or else the model.
fn label(model: &ModelDeclaration<'_>, field: Option<&FieldDeclaration<'_>>) -> String {
    match field {
        Some(field) => format!("{}.{}", model.name, field.name),
        None => model.name.to_owned(),
    }
}

fn plan(missing: &mut Missing<'_>) -> Vec<Plan> {
    let model = missing.overridden.model;
    let mut plans = Vec::new();
    let consumed = |dedicated| {
        model.fields.iter().enumerate().filter(
            move |(_, field): &(usize, &'static FieldDeclaration<'_>)| {
                !field.publish_only && field.is_dedicated() == dedicated
            },
        )
    };
    let shared: Vec<_> = consumed(false).map(|(index, _)| index).collect();
    if let Some(first) = shared.first() {
        let group = missing.group(&model.fields[*first]);
        plans.push(Plan {
            fields: shared,
            dedicated: None,
            group,
            settings: model.shared(),
        });
    }
    for (index, field) in consumed(true) {
        plans.push(Plan {
            fields: vec![index],
            dedicated: Some(field),
            group: missing.group(field),
            settings: model.field(field),
        });
    }
    plans
}

/// Refuses consumers of one model that turn out to be in one group. Where it is plain to see, a rule has said so.
fn check_groups(
    model: &'static ModelDeclaration<'static>,
    plans: &[Plan],
    problems: &mut Vec<RegisterProblem>,
) {
    let given = |plan: &Plan| {
        let field = plan.fields.first().map(|index| &model.fields[*index])?;
        model.group(field).map(|(group, _)| group)
    };
    let mut before: Vec<&Plan> = Vec::new();
    for plan in plans.iter().filter(|plan| !plan.group.is_empty()) {
        let is_same = |other: &&&Plan| other.group == plan.group && given(other) != given(plan);
        if let Some(other) = before.iter().find(is_same) {
            problems.push(RegisterProblem::GroupTwice {
                service: plan.label(model),
                other: other.label(model),
                group: plan.group.clone(),
            });
        }
        before.push(plan);
    }
}

/// What is wrong with the names of retry topics. The compiler has asked the same where it knew the group.
fn check_retry_topics(
    model: &'static ModelDeclaration<'static>,
    plan: &Plan,
    problems: &mut Vec<RegisterProblem>,
) {
    let is_consumed = |name: &str| {
        let mut fields = model.fields.iter();
        fields.any(|field| !field.publish_only && field.message.topic == name)
    };
    if plan.group.is_empty() {
        return;
    }
    for index in &plan.fields {
        let field = &model.fields[*index];
        let settings = Processing::of(&model.field(field));
        let names = retry_topics(field.message.topic, &plan.group, &settings);
        let problem = names.iter().find_map(|name| {
            if let Some(wrong) = rules::topic_name(name) {
                Some(wrong.text.as_str().to_owned())
            } else if is_consumed(name) || settings.dead_letter == Some(&**name) {
                Some(format!(
                    "the retry topic \"{name}\" is used for something else, too"
                ))
            } else {
                None
            }
        });
        if let Some(problem) = problem {
            problems.push(RegisterProblem::RetryTopic {
                field: field.name,
                group: plan.group.clone(),
                problem,
            });
        }
    }
}

/// Makes a service and its topics, and notes them by field.
fn build(
    runtime: &Inner,
    model: &'static ModelDeclaration<'static>,
    plan: Plan,
    consumed: &mut [Option<(Arc<TopicState>, Arc<ServiceState>)>],
) -> (Arc<ServiceState>, Publishers) {
    let waker = Arc::new(Waker::default());
    let short = plan.dedicated.map_or("shared", |field| field.name);
    let connection = runtime.connection.clone();
    let publisher = |purpose| Arc::new(Publisher::new(plan.settings, connection.clone(), purpose));
    let failures = Publishers {
        together: publisher(Purpose::Failures),
        alone: publisher(Purpose::FailuresAlone),
    };
    let processing = |index: usize| Processing::of(&model.field(&model.fields[index]));
    let topics_in_all = plan
        .fields
        .iter()
        .map(|index| 1 + processing(*index).retry.topics.len());
    let budget = ServiceSettings::of(&plan.settings).memory_budget;
    let made = Topics {
        runtime,
        service: format!("{}.{short}", model.name).into(),
        group: plan.group.as_str().into(),
        waker: Arc::clone(&waker),
        failures: failures.clone(),
        buffer_bytes: Limits::buffer_bytes(budget, topics_in_all.sum()),
    };
    let mut topics = Vec::new();
    for index in &plan.fields {
        let of_field = made.of(&model.fields[*index], processing(*index));
        topics.push((*index, of_field));
    }
    let service = Arc::new(ServiceState::new(
        short,
        model.name,
        runtime.events.clone(),
        plan.group,
        topics
            .iter()
            .flat_map(|(_, topics)| topics.clone())
            .collect(),
        plan.settings,
        waker,
    ));
    for (index, topics) in topics {
        // The first is the field's own, the others are its retry topics.
        consumed[index] = topics
            .into_iter()
            .next()
            .map(|topic| (topic, Arc::clone(&service)));
    }
    (service, failures)
}

/// What the topics of one service have in common.
struct Topics<'a> {
    runtime: &'a Inner,
    service: Arc<str>,
    group: Arc<str>,
    waker: Arc<Waker>,
    failures: Publishers,
    buffer_bytes: usize,
}

impl Topics<'_> {
    /// The topic of `field`, and its retry topics.
    fn of(
        &self,
        field: &'static FieldDeclaration<'static>,
        settings: Processing,
    ) -> Vec<Arc<TopicState>> {
        let retry_topics = retry_topics(field.message.topic, &self.group, &settings);
        let limiter = Arc::new(Limiter::new(settings.dead_letter_limit));
        let attached = Arc::new(Attached::new(settings.start_immediately));
        let topic = |level, name| {
            let waker = Arc::clone(&self.waker);
            let buffer = Buffer::new(
                settings.max_buffered,
                self.buffer_bytes,
                settings.concurrency,
                move || {
                    waker.room();
                },
            );
            let failures = Failures::new(
                Arc::clone(&self.group),
                self.failures.clone(),
                Arc::clone(&limiter),
                level,
                retry_topics.clone(),
                settings.dead_letter,
            );
            let owner = Owner {
                service: Arc::clone(&self.service),
                field: field.name,
                message: field.message.type_name,
            };
            Arc::new(TopicState::new(
                owner,
                self.runtime.events.clone(),
                name,
                settings,
                buffer,
                failures,
                Arc::clone(&attached),
            ))
        };
        let own = topic(None, Arc::from(field.message.topic));
        let retries = retry_topics.iter().enumerate();
        let retries = retries.map(|(level, name)| topic(Some(level), Arc::clone(name)));
        std::iter::once(own).chain(retries).collect()
    }
}

/// The names of a type's retry topics.
fn retry_topics(topic: &str, group: &str, settings: &Processing) -> Vec<Arc<str>> {
    let delays = settings.retry.topics;
    (0..delays.len())
        .filter_map(|index| delays.get(index))
        .map(|delay| Arc::from(retry_topic(topic, group, delay).as_str()))
        .collect()
}
