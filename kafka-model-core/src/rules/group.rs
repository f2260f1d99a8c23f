//! The consumer group: its protocol, its timeouts, its assignors.

use super::view::{View, Word, say_word, too_large};
use crate::setting::Setting;
use crate::text::{Text, eq};
use crate::violation::{Violation, Violations};

/// Settings that the broker decides on under `group_protocol = "consumer"` (KIP-848).
const CLASSIC_ONLY: &[Setting] = &[
    Setting::SessionTimeoutMs,
    Setting::HeartbeatIntervalMs,
    Setting::PartitionAssignmentStrategy,
    Setting::GroupProtocolType,
];

pub(super) const fn check(mut found: Violations, view: View<'_, '_>) -> Violations {
    found = found.and_maybe(mixed_assignors(view));
    match view.word(Setting::GroupProtocol) {
        Some(protocol) if eq(protocol.value, "consumer") => {
            let mut i = 0;
            while i < CLASSIC_ONLY.len() {
                if view.is_given(CLASSIC_ONLY[i]) {
                    found = found.and(classic_only(CLASSIC_ONLY[i], protocol));
                }
                i += 1;
            }
        }
        Some(protocol) => {
            if view.is_given(Setting::GroupRemoteAssignor) {
                found = found.and(no_remote_assignor(protocol));
            }
            found = found
                .and_maybe(session_above_poll(view))
                .and_maybe(heartbeat_above_session(view));
        }
        // Which protocol it is, another level says; its relations are checked all the same, since
        // under the other protocol these settings cannot be given at all.
        None => {
            found = found
                .and_maybe(session_above_poll(view))
                .and_maybe(heartbeat_above_session(view));
        }
    }
    found
}

const fn classic_only(setting: Setting, protocol: Word<'_>) -> Violation {
    let instead = match setting {
        Setting::PartitionAssignmentStrategy => "use group_remote_assignor instead",
        Setting::GroupProtocolType => "leave it out",
        _ => "leave it out, since the broker decides on it (group.consumer.*)",
    };
    let text = Text::new()
        .str(setting.name())
        .str(" is not supported under ");
    let text = say_word(text, protocol, None).str(": ").str(instead);
    Violation {
        at: Some(setting),
        with: Some(Setting::GroupProtocol),
        text,
    }
}

const fn no_remote_assignor(protocol: Word<'_>) -> Violation {
    let text = say_word(
        Text::new().str("group_remote_assignor has no effect under "),
        protocol,
        None,
    )
    .str(": use partition_assignment_strategy instead, or set group_protocol = \"consumer\"");
    Violation {
        at: Some(Setting::GroupRemoteAssignor),
        with: Some(Setting::GroupProtocol),
        text,
    }
}

const fn session_above_poll(view: View<'_, '_>) -> Option<Violation> {
    match (
        view.number(Setting::SessionTimeoutMs),
        view.number(Setting::MaxPollIntervalMs),
    ) {
        (Some(session), Some(poll)) if session.value > poll.value => Some(too_large(
            session,
            " must not exceed ",
            poll,
            poll.value,
            session.value,
        )),
        _ => None,
    }
}

const fn heartbeat_above_session(view: View<'_, '_>) -> Option<Violation> {
    match (
        view.number(Setting::HeartbeatIntervalMs),
        view.number(Setting::SessionTimeoutMs),
    ) {
        (Some(heartbeat), Some(session)) if heartbeat.value >= session.value => {
            let third = session.value / 3;
            Some(too_large(
                heartbeat,
                " must be below ",
                session,
                third,
                heartbeat.value.saturating_mul(3),
            ))
        }
        _ => None,
    }
}

/// Whether the comma-separated `list` has `item`, and whether it has another one.
const fn has(list: &str, item: &str) -> (bool, bool) {
    let (list, item) = (list.as_bytes(), item.as_bytes());
    let (mut this, mut other) = (false, false);
    let mut start = 0;
    while start < list.len() {
        if list[start] == b',' || list[start] == b' ' {
            start += 1;
            continue;
        }
        let mut end = start;
        let mut same = true;
        while end < list.len() && list[end] != b',' {
            let at = end - start;
            same = same && at < item.len() && item[at] == list[end];
            end += 1;
        }
        if same && end - start == item.len() {
            this = true;
        } else {
            other = true;
        }
        start = end;
    }
    (this, other)
}

const fn mixed_assignors(view: View<'_, '_>) -> Option<Violation> {
    let Some(strategy) = view.given_word(Setting::PartitionAssignmentStrategy) else {
        return None;
    };
    match has(strategy.value, "cooperative-sticky") {
        (true, true) => {
            let text = say_word(Text::new(), strategy, strategy.level).str(
                " mixes assignors that stop all partitions at a rebalance with one that does not: \
                 write either \"cooperative-sticky\" or a selection of \"range\", \"roundrobin\"",
            );
            Some(Violation {
                at: Some(strategy.setting),
                with: None,
                text,
            })
        }
        _ => None,
    }
}
