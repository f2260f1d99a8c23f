//! The sizes of messages, fetches and responses.

use super::view::{Number, View, say, too_large, write};
use crate::setting::Setting;
use crate::text::Text;
use crate::violation::{Violation, Violations};

/// What a response has around the records of a fetch.
const OVERHEAD: i64 = 512;

pub(super) const fn check(found: Violations, view: View<'_, '_>) -> Violations {
    found
        .and_maybe(message_above_fetch(view))
        .and_maybe(fetch_above_response(view))
}

/// If `fetch_max_bytes` is not given, librdkafka fits it to `message_max_bytes`.
const fn message_above_fetch(view: View<'_, '_>) -> Option<Violation> {
    match (
        view.number(Setting::MessageMaxBytes),
        view.given_number(Setting::FetchMaxBytes),
    ) {
        (Some(message), Some(fetch)) if message.value > fetch.value => Some(too_large(
            message,
            " must not exceed ",
            fetch,
            fetch.value,
            message.value,
        )),
        _ => None,
    }
}

/// If `receive_message_max_bytes` is not given, librdkafka fits it to the fetch.
const fn fetch_above_response(view: View<'_, '_>) -> Option<Violation> {
    let (Some(response), Some(fetch)) = (
        view.given_number(Setting::ReceiveMessageMaxBytes),
        largest_fetch(view),
    ) else {
        return None;
    };
    let needed = fetch.value + OVERHEAD;
    if needed <= response.value {
        return None;
    }
    let text = say(Text::new(), response, fetch.level).str(" must be at least 512 bytes above ");
    let text = match fetch.setting {
        Setting::FetchMaxBytes => say(text, fetch, response.level),
        _ => say(
            text.str("the largest fetch, which follows "),
            fetch,
            response.level,
        ),
    };
    let text = text.str(": raise receive_message_max_bytes, for instance to ");
    let text = write(text, Setting::ReceiveMessageMaxBytes, needed)
        .str(", or lower ")
        .str(fetch.setting.name());
    Some(Violation {
        at: Some(response.setting),
        with: Some(fetch.setting),
        text,
    })
}

/// The largest fetch, and the setting that it follows from: `fetch_max_bytes` as given, or else its
/// default, but not above what a queue holds and not below the largest message.
const fn largest_fetch(view: View<'_, '_>) -> Option<Number> {
    if let Some(fetch) = view.given_number(Setting::FetchMaxBytes) {
        return Some(fetch);
    }
    let (Some(fetch), Some(mut queue), Some(message)) = (
        view.number(Setting::FetchMaxBytes),
        view.number(Setting::QueuedMaxMessagesKbytes),
        view.number(Setting::MessageMaxBytes),
    ) else {
        return None;
    };
    queue.value *= 1 << 10;
    let smaller = if queue.value < fetch.value {
        queue
    } else {
        fetch
    };
    Some(if message.value > smaller.value {
        message
    } else {
        smaller
    })
}
