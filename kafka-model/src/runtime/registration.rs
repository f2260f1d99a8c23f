//! From a model's declaration to the services that will serve it.

use std::any::TypeId;
use std::sync::Arc;

use kafka_model_core::{Effective, FieldDeclaration, Level, ModelDeclaration, Setting, Value};

use super::kafka::{Inner, Kafka};
use super::service_state::ServiceState;
use super::settings::{Processing, ServiceSettings};
use super::topic_state::TopicState;
use crate::config::{self, BOOTSTRAP_VARIABLE, Limits};
use crate::error::{RegisterError, RegisterProblem};
use crate::lane::Buffer;
use crate::poll::Waker;
use crate::publish::Publisher;
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
    let mut problems = Vec::new();
    if runtime.is_started() {
        problems.push(RegisterProblem::Running);
    }
    let mut registered = runtime.registered();
    let twice = registered.models.contains(&id);
    if twice {
        problems.push(RegisterProblem::Twice);
    }
    let plans = plan(model);
    for plan in &plans {
        check_environment(
            runtime,
            model,
            &plan.settings,
            &plan.label(model),
            &mut problems,
        );
        // A model that is registered twice meets its own groups.
        if !twice
            && registered
                .services
                .iter()
                .any(|service| service.group == plan.group)
        {
            problems.push(RegisterProblem::GroupTaken {
                service: plan.label(model),
                group: plan.group.clone(),
            });
        }
    }
    if model.fields.iter().any(|field| field.publish_only) {
        // The producer has the model's own settings.
        check_environment(runtime, model, &model.shared(), model.name, &mut problems);
    }
    if !problems.is_empty() {
        return Err(RegisterError {
            model: model.name,
            problems,
        });
    }
    let mut consumed = vec![None; model.fields.len()];
    for plan in plans {
        let service = build(runtime, model, plan, &mut consumed);
        registered.services.push(service);
    }
    let publishers = publishers(runtime, model);
    registered.publishers.extend(publishers.iter().cloned());
    registered.models.push(id);
    Ok(Registration {
        runtime: Arc::clone(runtime),
        declaration: model,
        consumed,
        publishers,
    })
}

/// The model's one producer for all fields, but for those with a cluster of their own.
fn publishers(runtime: &Inner, model: &'static ModelDeclaration<'static>) -> Vec<Arc<Publisher>> {
    let publisher = |settings| Arc::new(Publisher::new(settings, runtime.connection.clone()));
    let shared = publisher(model.shared());
    let of = |field: &'static FieldDeclaration<'static>| {
        let own = model.field(field);
        if config::is_same_cluster(&own, &model.shared()) {
            Arc::clone(&shared)
        } else {
            publisher(own)
        }
    };
    model.fields.iter().map(of).collect()
}

/// A service that the model needs.
struct Plan {
    /// The fields it serves, by index.
    fields: Vec<usize>,
    dedicated: Option<&'static FieldDeclaration<'static>>,
    group: String,
    settings: Effective<'static>,
}

impl Plan {
    fn label(&self, model: &ModelDeclaration<'_>) -> String {
        match self.dedicated {
            Some(field) => format!("{}.{}", model.name, field.name),
            None => model.name.to_owned(),
        }
    }
}

fn plan(model: &'static ModelDeclaration<'static>) -> Vec<Plan> {
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
        let group = group(model, &model.fields[*first]);
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
            group: group(model, field),
            settings: model.field(field),
        });
    }
    plans
}

/// The group of a field. The rules have made sure that there is one.
fn group(model: &ModelDeclaration<'static>, field: &FieldDeclaration<'static>) -> String {
    match model.group(field) {
        Some((Value::Str(group), _)) => group.to_owned(),
        Some((Value::Env(variable), _)) => config::read_variable(variable).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Everything that a client with these settings should find in the environment and does not.
fn check_environment(
    runtime: &Inner,
    model: &ModelDeclaration<'_>,
    settings: &Effective<'static>,
    label: &str,
    problems: &mut Vec<RegisterProblem>,
) {
    let mut add = |problem: RegisterProblem| {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    let of_own_brokers = settings.find_given(Setting::BootstrapServers).is_some();
    if !of_own_brokers && runtime.connection.brokers(settings).is_none() {
        add(RegisterProblem::NoBrokers {
            service: model.name.to_owned(),
            variable: BOOTSTRAP_VARIABLE,
        });
    }
    for (setting, variable, level) in config::variables(settings) {
        if runtime.connection.ignores(setting) {
            continue;
        }
        if let Err(problem) = config::read_variable(variable) {
            add(RegisterProblem::Variable {
                service: if level == Level::Model {
                    model.name.to_owned()
                } else {
                    label.to_owned()
                },
                setting: setting.name(),
                variable: variable.to_owned(),
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
) -> Arc<ServiceState> {
    let waker = Arc::new(Waker::default());
    let budget = ServiceSettings::of(&plan.settings).memory_budget;
    let bytes = Limits::buffer_bytes(budget, plan.fields.len());
    let short = plan.dedicated.map_or("shared", |field| field.name);
    let name: Arc<str> = format!("{}.{short}", model.name).into();
    let topics: Vec<_> = plan
        .fields
        .iter()
        .map(|index| {
            let field = &model.fields[*index];
            let settings = Processing::of(&model.field(field));
            let waker = Arc::clone(&waker);
            let buffer = Buffer::new(settings.max_buffered, bytes, move || waker.room());
            let message = field.message;
            Arc::new(TopicState::new(
                Arc::clone(&name),
                runtime.events.clone(),
                field.name,
                message.type_name,
                message.topic,
                settings,
                buffer,
            ))
        })
        .collect();
    let service = Arc::new(ServiceState::new(
        short,
        model.name,
        runtime.events.clone(),
        plan.group,
        topics.clone(),
        plan.settings,
        waker,
    ));
    for (index, topic) in plan.fields.iter().zip(topics) {
        consumed[*index] = Some((topic, Arc::clone(&service)));
    }
    service
}
