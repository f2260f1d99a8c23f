//! What the fields of a model are published with.

use std::sync::Arc;

use kafka_model_core::{Effective, FieldDeclaration, ModelDeclaration};

use super::kafka::Inner;
use crate::config;
use crate::publish::{Publisher, Purpose};

/// The model's one producer for all fields, but for those with a cluster of their own.
pub(super) fn publishers(
    runtime: &Inner,
    model: &'static ModelDeclaration<'static>,
) -> Vec<Arc<Publisher>> {
    let publisher = |settings| {
        let connection = runtime.connection.clone();
        Arc::new(Publisher::new(settings, connection, Purpose::Values))
    };
    let shared = publisher(model.shared());
    let of = |field: &'static FieldDeclaration<'static>| match published_with(model, field) {
        Producer::OfModel(_) => Arc::clone(&shared),
        Producer::Own(own) => publisher(own),
    };
    model.fields.iter().map(of).collect()
}

/// Which producer a field is published with, and its settings.
pub(crate) enum Producer {
    /// The model's.
    OfModel(Effective<'static>),
    /// One of its own, since it is on another cluster.
    Own(Effective<'static>),
}

pub(crate) fn published_with(
    model: &'static ModelDeclaration<'static>,
    field: &FieldDeclaration<'static>,
) -> Producer {
    let (own, shared) = (model.field(field), model.shared());
    if config::is_same_cluster(&own, &shared) {
        Producer::OfModel(shared)
    } else {
        Producer::Own(own)
    }
}
