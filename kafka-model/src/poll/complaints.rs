//! What a client complains about.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::diagnosis;

/// How long the same complaint is not repeated: a client without a broker complains several times a
/// second.
const SILENCE: Duration = Duration::from_secs(60);

/// The complaints of one client: each is logged once in a while, and the last one is kept,
/// or the last one that says more.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<String>,
    said: Vec<(Option<RDKafkaErrorCode>, Instant)>,
}

impl Complaints {
    /// Takes a complaint of `client`: keeps it, and logs it, unless the like was logged a while ago.
    pub(crate) fn note(&self, client: &str, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        self.keep(error, reason);
        let mut state = self.state();
        let now = Instant::now();
        state
            .said
            .retain(|(_, at)| now.saturating_duration_since(*at) < SILENCE);
        if state.said.iter().any(|(said, _)| *said == code) {
            tracing::debug!(service = %client, ?code, "{reason}");
            return;
        }
        state.said.push((code, now));
        match &state.last {
            Some(last) if code == Some(RDKafkaErrorCode::AllBrokersDown) => {
                tracing::warn!(service = %client, ?code, "no broker can be reached; last: {last}");
            }
            _ => tracing::warn!(service = %client, ?code, "{reason}"),
        }
    }

    /// Keeps a complaint without a word.
    pub(crate) fn keep(&self, error: &KafkaError, reason: &str) {
        let mut state = self.state();
        let Some(last) = &state.last else {
            state.last = Some(reason.to_owned());
            return;
        };
        // That all brokers are down says less than what was said before: why. And one broker of several that is away says
        // nothing of what another one refused.
        let says_less = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown)
            || diagnosis::is_understood(last) && !diagnosis::is_understood(reason);
        if !says_less {
            state.last = Some(reason.to_owned());
        }
    }

    /// The last complaint, for whoever else wants to know it, too.
    pub(crate) fn last(&self) -> Option<String> {
        self.state().last.clone()
    }

    /// The last complaint, once.
    pub(crate) fn take(&self) -> Option<String> {
        self.state().last.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_is_away_does_not_hide_what_another_one_says() {
        let complaints = Complaints::default();
        let keep = |code, reason| complaints.keep(&KafkaError::Global(code), reason);
        let away = "a:1/bootstrap: Connect to ipv4#1.2.3.4:1 failed: Connection refused";
        let refused = "b:1/bootstrap: SASL authentication error: no";
        keep(RDKafkaErrorCode::BrokerTransportFailure, away);
        assert_eq!(complaints.take().as_deref(), Some(away));
        keep(RDKafkaErrorCode::Authentication, refused);
        keep(RDKafkaErrorCode::BrokerTransportFailure, away);
        keep(RDKafkaErrorCode::AllBrokersDown, "2/2 brokers are down");
        assert_eq!(complaints.last().as_deref(), Some(refused));
        assert_eq!(complaints.take().as_deref(), Some(refused));
        assert_eq!(complaints.take(), None);
    }
}
