//! A client that gets no answer from its brokers any more: what is done about it, and how it is said.
//!
//! librdkafka tries again for ever, and says the same complaint of one broker once in thirty seconds only
//! (`rd_kafka_broker_set_error`). So the time is kept here: from the first complaint, or from the first question that was
//! not answered, until the cluster answers a question that was asked later. When that takes long, another client is made,
//! which reads secrets and certificates again, and whose failure says why. If it gets in where the client that complains
//! does not, that one is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use kafka_model_core::Setting;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::RDKafkaErrorCode;

use super::connect::Probe;
use super::session::{End, Session};
use crate::diagnosis;
use crate::error::{ServiceError, TlsProblem};

/// After so long without an answer another client is made. Short of that, the client recovers by itself.
const CLEAR: Duration = Duration::from_secs(15);
/// How long the other client has at most.
const PROBING: Duration = Duration::from_secs(10);
/// How much longer than its own backoff a client may take to connect again where another one could.
const MARGIN: Duration = Duration::from_secs(5);

/// What is known of a client's connections.
#[derive(Default)]
pub(super) struct Trouble {
    /// Since when there is no answer.
    since: Option<Instant>,
    /// The last complaint. An answer from before it says nothing of what comes.
    last: Option<Instant>,
    /// Whether the client has complained since then. Without that nothing says that its connections are at fault: topics
    /// are described by the cluster's controller, and records come without one.
    complained: bool,
    /// Whether a broker refused who the client is, since then.
    refused: bool,
    /// Another client that tries.
    attempt: Option<Attempt>,
    /// When the next one is to.
    next: Option<Instant>,
    /// Since when others get in, and this client does not.
    others_get_in: Option<Instant>,
    /// What the last one found.
    why: Option<ServiceError>,
}

impl Trouble {
    /// There was a complaint, or no answer, at `since`. Whether it is the first one.
    fn begin(&mut self, since: Instant, refused: bool) -> bool {
        self.refused |= refused;
        self.last = self.last.max(Some(since));
        if self.since.is_some() {
            return false;
        }
        self.since = Some(since);
        self.next = Some(since + CLEAR);
        true
    }

    /// The cluster answered a question that was asked at `asked`.
    pub(super) fn answered(&mut self, asked: Instant) {
        if self.last.is_some_and(|last| asked >= last) {
            *self = Self::default();
        }
    }

    /// Whether there is any.
    pub(super) fn is_there(&self) -> bool {
        self.since.is_some()
    }

    /// What the other client has found by now: `Ok` if it got in.
    fn found(&mut self, now: Instant) -> Option<Result<(), ServiceError>> {
        let found = self.attempt.as_ref()?.found.try_recv();
        match found {
            Err(TryRecvError::Empty) => None,
            Ok(found) => {
                self.attempt = None;
                self.next = Some(now + CLEAR);
                Some(found)
            }
            // Its thread panicked.
            Err(TryRecvError::Disconnected) => {
                self.attempt = None;
                self.next = Some(now + CLEAR);
                None
            }
        }
    }

    fn attempt_is_due(&self, now: Instant) -> bool {
        self.attempt.is_none() && self.next.is_some_and(|next| now >= next)
    }
}

/// Another client with the settings of a service tries to get in, on a thread of its own, until this is dropped.
struct Attempt {
    found: Receiver<Result<(), ServiceError>>,
    stop: Arc<AtomicBool>,
}

impl Attempt {
    fn begin(session: &Session) -> Option<Self> {
        let (service, connection) = (Arc::clone(&session.service), session.connection.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (sender, found) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name(format!("{}-probe", service.thread))
            .spawn(move || {
                let is_over = || stopped.load(Ordering::SeqCst);
                let timeout = connection.connect_timeout.min(PROBING);
                let deadline = Instant::now() + timeout;
                let topic = service.topics.first().map_or("", |topic| &*topic.topic);
                let tried = Probe::new(&service, &connection)
                    .and_then(|probe| probe.reach(topic, timeout, deadline, &is_over));
                // The session may be over.
                let _ = sender.send(tried.map(drop));
            })
            .ok()?;
        Some(Self { found, stop })
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Session {
    /// The client has complained.
    pub(super) fn note_trouble(&mut self, code: Option<RDKafkaErrorCode>, reason: &str) {
        use RDKafkaErrorCode as Code;
        let refused = match code {
            Some(code) if is_no_answer(code) => false,
            // A provider that fails is one, too, while the token that there is may be good for some time.
            Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
                if !diagnosis::is_refusal(reason) {
                    return;
                }
                true
            }
            _ => return,
        };
        let now = Instant::now();
        self.trouble.complained = true;
        if self.trouble.begin(now, refused) {
            self.asking.hurry(now);
        }
    }

    /// Looks whether the client gets answers, and does what is to be done if not.
    pub(super) fn look_at_trouble(&mut self, now: Instant) -> Option<End> {
        if self.service.shutdown_deadline().is_some() {
            return None;
        }
        if let Some(asked) = self.asking.unanswered_since()
            && now.saturating_duration_since(asked) >= CLEAR
        {
            self.trouble.begin(asked, false);
        }
        if self.trouble.refused {
            let (settings, connection) = (&self.service.effective, &self.connection);
            self.credentials.read_again(settings, connection, now);
        }
        self.credentials
            .renew(&self.service.name, self.consumer.client());
        let end = match self.trouble.found(now) {
            Some(Ok(())) => self.another_got_in(now),
            Some(Err(error)) => {
                self.trouble.others_get_in = None;
                if self.trouble.refused && is_about_the_client(&error) || is_clear(&error) {
                    Some(End::Failed(error))
                } else {
                    self.trouble.why = Some(error);
                    None
                }
            }
            None => None,
        };
        if self.trouble.attempt_is_due(now) {
            self.trouble.attempt = Attempt::begin(self);
            self.trouble.next = Some(now + CLEAR);
        }
        let token = || self.consumer.failing_tokens();
        let why = self.trouble.why.clone();
        let why = why.or_else(|| token().map(|reason| ServiceError::Token { reason }));
        self.service.set_trouble(why);
        end
    }

    /// Another client got in. If this one has asked the cluster and gets no answer all the same, it is replaced.
    fn another_got_in(&mut self, now: Instant) -> Option<End> {
        self.trouble.why = None;
        if !self.trouble.complained {
            return None;
        }
        if self.asking.unanswered_since().is_none() && !self.trouble.refused {
            self.trouble = Trouble::default();
            return None;
        }
        let since = *self.trouble.others_get_in.get_or_insert(now);
        let backoff = self
            .service
            .effective
            .int(Setting::ReconnectBackoffMaxMs)
            .and_then(|millis| u64::try_from(millis).ok())
            .map_or(Duration::ZERO, Duration::from_millis);
        if now.saturating_duration_since(since) < CLEAR.max(backoff + MARGIN) {
            return None;
        }
        let reason =
            "it got no answer for a while, where another client with the same settings did";
        Some(End::Failed(ServiceError::Fatal {
            reason: reason.to_owned(),
        }))
    }
}

/// Whether this says that no broker answered, or none was reached.
pub(super) fn is_no_answer(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::SSL
            | Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
    )
}

/// Whether waiting will not help, whatever is wrong with the brokers.
fn is_clear(error: &ServiceError) -> bool {
    match error {
        ServiceError::Authentication { .. } => true,
        ServiceError::Tls { problem, .. } => !matches!(problem, TlsProblem::Other { .. }),
        _ => false,
    }
}

/// Whether it is about who the client is: with what a broker refused, this will not get better by itself.
fn is_about_the_client(error: &ServiceError) -> bool {
    !matches!(error, ServiceError::Unreachable { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_a_later_question_ends_it() {
        let began = Instant::now();
        let mut trouble = Trouble::default();
        assert!(trouble.begin(began, false));
        assert!(!trouble.begin(began + CLEAR, true), "it goes on");
        trouble.answered(began.checked_sub(Duration::from_secs(1)).unwrap());
        assert!(trouble.attempt_is_due(began + CLEAR), "it was asked before");
        assert!(trouble.refused);
        trouble.answered(began);
        assert!(trouble.refused, "there was another complaint");
        trouble.answered(began + CLEAR);
        assert!(!trouble.attempt_is_due(began + CLEAR));
        assert!(!trouble.refused);
    }

    #[test]
    fn complaints_far_apart_are_one_trouble() {
        let began = Instant::now();
        let mut trouble = Trouble::default();
        trouble.begin(began, true);
        assert!(!trouble.attempt_is_due(began + CLEAR / 2));
        trouble.begin(began + 2 * CLEAR, true);
        assert!(trouble.attempt_is_due(began + 2 * CLEAR));
    }

    #[test]
    fn what_another_client_finds_counts_once() {
        let now = Instant::now();
        let mut trouble = Trouble::default();
        trouble.begin(now, false);
        let (sender, found) = mpsc::sync_channel(1);
        trouble.attempt = Some(Attempt {
            found,
            stop: Arc::default(),
        });
        assert!(trouble.found(now).is_none());
        assert!(!trouble.attempt_is_due(now + CLEAR), "one at a time");
        sender.send(Ok(())).unwrap();
        assert_eq!(trouble.found(now + CLEAR), Some(Ok(())));
        assert!(trouble.found(now + CLEAR).is_none());
        assert!(!trouble.attempt_is_due(now + CLEAR), "not at once");
        assert!(trouble.attempt_is_due(now + 2 * CLEAR));
    }
}
