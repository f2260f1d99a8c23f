//! What is next for a record that failed: pure.

use std::time::Duration;

use crate::handler::{FailureReason, HandlerError, Permanent};
use crate::runtime::{OnFailure, Processing};

/// Why an attempt failed, and whether another one may help.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) reason: FailureReason,
    pub(crate) again: bool,
}

impl Failed {
    /// Another attempt would end the same.
    pub(crate) fn for_good(reason: impl Into<FailureReason>) -> Self {
        Self {
            reason: reason.into(),
            again: false,
        }
    }

    /// Another attempt may help.
    pub(crate) fn this_time(reason: FailureReason) -> Self {
        Self {
            reason,
            again: true,
        }
    }

    /// The handler returned `error`.
    pub(crate) fn with(error: &HandlerError) -> Self {
        Self {
            reason: FailureReason::handler(error),
            again: !Permanent::is_in(error),
        }
    }
}

/// What is next for a record that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is tried again in place, after this wait.
    Again(Duration),
    /// It goes to the retry topic of this index.
    Move(usize),
    /// It goes to the dead-letter topic.
    DeadLetter,
    /// It is counted, logged and settled.
    Skip,
    /// Its partition stops.
    Halt,
}

/// What is next after a failed attempt: `attempt` counts from 1 and begins anew in each topic, `level` is the
/// index of the retry topic that the record came from, and `random` is from 0 to 1.
pub(crate) fn next(
    settings: &Processing,
    level: Option<usize>,
    attempt: u32,
    again: bool,
    random: f64,
) -> Step {
    let retry = &settings.retry;
    if again && attempt < retry.attempts {
        let wait = u64::try_from(retry.backoff.wait_ms(attempt)).unwrap_or(0);
        let wait = Duration::from_millis(wait);
        // From half of the wait to all of it: those that failed together do not come back together.
        let part = if retry.jitter {
            0.5 + random / 2.0
        } else {
            1.0
        };
        return Step::Again(wait.mul_f64(part));
    }
    let level = level.map_or(0, |level| level + 1);
    if again && level < retry.topics.len() {
        return Step::Move(level);
    }
    match settings.on_failure {
        OnFailure::Halt => Step::Halt,
        OnFailure::Skip => Step::Skip,
        OnFailure::DeadLetter => Step::DeadLetter,
    }
}

#[cfg(test)]
mod tests {
    use kafka_model_core::failure::{Backoff, Delays};
    use kafka_model_core::{Effective, Given, Level, Setting, Value};

    use super::*;

    fn settings(given: &[(Setting, Value<'static>)]) -> Processing {
        let given: Vec<_> = given
            .iter()
            .map(|(setting, value)| Given::new(*setting, *value))
            .collect();
        Processing::of(&Effective::empty().with(Level::Message, given.leak()))
    }

    #[test]
    fn attempts_then_topics_then_the_last_word() {
        let settings = settings(&[
            (Setting::RetryAttempts, Value::Int(3)),
            (Setting::RetryBackoff, Value::Str("100ms..1s")),
            (Setting::RetryTopics, Value::Str("10s,1m")),
            (Setting::DeadLetter, Value::Str("dead")),
        ]);
        assert_eq!(settings.retry.backoff, Backoff::parse("100ms..1s").unwrap());
        assert_eq!(settings.retry.topics, Delays::parse("10s,1m").unwrap());
        let next = |level, attempt, again| next(&settings, level, attempt, again, 0.3);
        assert_eq!(next(None, 1, true), Step::Again(Duration::from_millis(100)));
        assert_eq!(next(None, 2, true), Step::Again(Duration::from_millis(200)));
        assert_eq!(next(None, 3, true), Step::Move(0));
        assert_eq!(next(Some(0), 3, true), Step::Move(1));
        assert_eq!(next(Some(1), 3, true), Step::DeadLetter);
        assert_eq!(
            next(None, 1, false),
            Step::DeadLetter,
            "for good is at once"
        );
        assert_eq!(next(Some(0), 1, false), Step::DeadLetter);
    }

    #[test]
    fn nothing_is_tried_twice_unless_it_is_asked_for() {
        assert_eq!(next(&settings(&[]), None, 1, true, 0.0), Step::Halt);
        let skip = settings(&[(Setting::OnFailure, Value::Str("skip"))]);
        assert_eq!(next(&skip, None, 1, true, 0.0), Step::Skip);
    }

    #[test]
    fn jitter_takes_up_to_half_of_the_wait() {
        let settings = settings(&[
            (Setting::RetryAttempts, Value::Int(2)),
            (Setting::RetryBackoff, Value::Str("1s")),
            (Setting::RetryJitter, Value::Bool(true)),
        ]);
        let wait = |random| next(&settings, None, 1, true, random);
        assert_eq!(wait(0.0), Step::Again(Duration::from_millis(500)));
        assert_eq!(wait(1.0), Step::Again(Duration::from_secs(1)));
    }
}
