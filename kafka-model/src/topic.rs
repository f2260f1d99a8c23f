//! The handle of one topic.
use std::marker::PhantomData;

use crate::KafkaMessage;

/// The handle of one topic of a model.
#[derive(Debug)]
pub struct Topic<T> {
    message: PhantomData<fn() -> T>,
}

impl<T: KafkaMessage> Topic<T> {
    pub(crate) fn stub() -> Self {
        Self { message: PhantomData }
    }
}
