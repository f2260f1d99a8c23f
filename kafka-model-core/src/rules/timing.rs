//! Intervals of connections and requests.

use super::view::{Number, View, too_large};
use crate::setting::Setting;
use crate::violation::{Violation, Violations};

pub(super) const fn check(found: Violations, view: View<'_, '_>) -> Violations {
    found
        .and_maybe(not_above(
            view,
            Setting::ReconnectBackoffMs,
            Setting::ReconnectBackoffMaxMs,
        ))
        .and_maybe(not_above(
            view,
            Setting::RetryBackoffMs,
            Setting::RetryBackoffMaxMs,
        ))
        .and_maybe(fast_refresh(view))
        .and_maybe(fetch_wait(view))
}

const fn not_above(view: View<'_, '_>, small: Setting, large: Setting) -> Option<Violation> {
    compare(view.number(small), view.number(large))
}

const fn compare(small: Option<Number>, large: Option<Number>) -> Option<Violation> {
    match (small, large) {
        (Some(small), Some(large)) if small.value > large.value => Some(too_large(
            small,
            " must not exceed ",
            large,
            large.value,
            small.value,
        )),
        _ => None,
    }
}

/// If it is not given, librdkafka takes `retry_backoff_ms` for it.
const fn fast_refresh(view: View<'_, '_>) -> Option<Violation> {
    let fast = view.given_number(Setting::TopicMetadataRefreshFastIntervalMs);
    compare(fast, view.number(Setting::RetryBackoffMaxMs))
}

const fn fetch_wait(view: View<'_, '_>) -> Option<Violation> {
    /// What librdkafka's warning asks for.
    const MARGIN: i64 = 1_000;
    match (
        view.number(Setting::FetchWaitMaxMs),
        view.number(Setting::SocketTimeoutMs),
    ) {
        (Some(wait), Some(socket)) if wait.value + MARGIN > socket.value => {
            let (lower, raise) = (socket.value - MARGIN, wait.value + MARGIN);
            Some(too_large(
                wait,
                " must be at least one second below ",
                socket,
                lower,
                raise,
            ))
        }
        _ => None,
    }
}
