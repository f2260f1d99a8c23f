//! How records are buffered, handled and settled.

use super::failure;
use super::view::{View, say_word, too_large};
use crate::effective::Effective;
use crate::setting::Setting;
use crate::text::{Text, eq};
use crate::violation::{Violation, Violations};

/// How long a poll service waits for records in flight when it gives partitions up.
///
/// If `drain_timeout_ms` is not given, this is its default or half of `max_poll_interval_ms`,
/// whichever is less: a short `max_poll_interval_ms` needs no `drain_timeout_ms` beside it.
#[must_use]
pub const fn drain_timeout_ms(settings: &Effective<'_>) -> i64 {
    let view = View {
        settings,
        whole: true,
    };
    match (
        view.number(Setting::DrainTimeoutMs),
        view.number(Setting::MaxPollIntervalMs),
    ) {
        (Some(drain), Some(poll)) if drain.level.is_none() && drain.value > poll.value / 2 => {
            poll.value / 2
        }
        (Some(drain), _) => drain.value,
        (None, _) => 0,
    }
}

pub(super) const fn check(view: View<'_, '_>, keyed: bool) -> Violations {
    Violations::none()
        .and_maybe(order_without_key(view, keyed))
        .and_maybe(lossy(view))
        .and_maybe(drain_above_poll(view))
        .and_all(&failure::check(view))
}

const fn order_without_key(view: View<'_, '_>, keyed: bool) -> Option<Violation> {
    match view.word(Setting::Order) {
        Some(order) if !keyed && eq(order.value, "key") => {
            let text = say_word(Text::new(), order, order.level).str(
                " needs a key, but the message type names none: write key = ... there, naming a field, \
                 or set order = \"partition\"",
            );
            Some(Violation {
                at: Some(Setting::Order),
                with: None,
                text,
            })
        }
        _ => None,
    }
}

const fn lossy(view: View<'_, '_>) -> Option<Violation> {
    match (
        view.word(Setting::Backpressure),
        view.word(Setting::Delivery),
    ) {
        (Some(backpressure), Some(delivery))
            if !eq(backpressure.value, "pause") && eq(delivery.value, "at_least_once") =>
        {
            let text =
                say_word(Text::new(), backpressure, delivery.level).str(" loses records, which ");
            let text = say_word(text, delivery, backpressure.level)
                .str(" forbids: set delivery = \"at_most_once\", or backpressure = \"pause\"");
            Some(Violation {
                at: Some(Setting::Backpressure),
                with: Some(Setting::Delivery),
                text,
            })
        }
        _ => None,
    }
}

const fn drain_above_poll(view: View<'_, '_>) -> Option<Violation> {
    match (
        view.given_number(Setting::DrainTimeoutMs),
        view.number(Setting::MaxPollIntervalMs),
    ) {
        (Some(drain), Some(poll)) if drain.value >= poll.value => Some(too_large(
            drain,
            " must be below ",
            poll,
            poll.value / 2,
            drain.value.saturating_mul(2),
        )),
        _ => None,
    }
}
