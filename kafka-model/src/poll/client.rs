//! The client, for as long as a session has it.

use std::ops::Deref;
use std::rc::Rc;

use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::context::Context;
use crate::native::Supplied;

/// The client, which its last owner closes on drop: that waits until the group let it go, so what the
/// group asks for must be answered from then on, also when a panic unwinds.
pub(super) struct Client(Supplied<Rc<BaseConsumer<Context>>>);

impl Client {
    pub(super) fn new(consumer: Supplied<Rc<BaseConsumer<Context>>>) -> Self {
        Self(consumer)
    }

    /// Why there is no new token for it, if the last attempt to get one failed.
    pub(super) fn failing_tokens(&self) -> Option<String> {
        self.0.failing()
    }
}

impl Deref for Client {
    type Target = Rc<BaseConsumer<Context>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        debug_assert_eq!(
            Rc::strong_count(self),
            1,
            "the client is closed while something refers to it"
        );
        self.context().close(self);
    }
}
