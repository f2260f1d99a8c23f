//! The probes of one start: services that reach their brokers in the same way share one.
//!
//! Each probe is a client with threads and a connection of its own. With many dedicated services, making one for each
//! is half of what the start costs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kafka_model_core::Effective;

use super::connect::Probe;
use crate::config::{self, Connection};
use crate::error::ServiceError;
use crate::runtime::ServiceState;

type Shared = Arc<OnceLock<Result<Probe, ServiceError>>>;

/// Who introduces services to their clusters, until the last of them knows its own.
///
/// It is for the first attempts only. Who has to try again makes a probe of its own, with what credentials are by then.
#[derive(Default)]
pub(crate) struct Introduction {
    probes: Mutex<Vec<(Effective<'static>, Shared)>>,
}

impl Introduction {
    /// Lends a probe for the brokers of `service`, which may be shared.
    pub(super) fn probe<T>(
        &self,
        service: &ServiceState,
        connection: &Connection,
        ask: impl FnOnce(&Probe) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let shared = self.shared(&service.effective);
        // Whoever comes meanwhile waits, but only for the credentials that it needs as well.
        let made = shared.get_or_init(|| Probe::new(service, connection));
        ask(made.as_ref().map_err(Clone::clone)?)
    }

    fn shared(&self, settings: &Effective<'static>) -> Shared {
        let mut probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, shared)) = probes
            .iter()
            .find(|(of, _)| config::is_same_client(of, settings))
        {
            return Arc::clone(shared);
        }
        let shared = Shared::default();
        probes.push((*settings, Arc::clone(&shared)));
        shared
    }
}
