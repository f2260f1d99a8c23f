//! The topics that are to be created: what the broker would refuse, or what could never be written to.

use super::view::{View, say, say_word, too_large};
use crate::effective::Effective;
use crate::setting::Setting;
use crate::text::{Text, eq};
use crate::violation::{Violation, Violations};

/// The rules that a topic breaks, with the settings of all levels.
pub(super) const fn topic(settings: &Effective<'_>) -> Violations {
    check(View {
        settings,
        whole: true,
    })
}

/// The rules of one attribute or of all levels of one topic. What is not given has the broker's default, which is not
/// known.
pub(super) const fn check(view: View<'_, '_>) -> Violations {
    Violations::none()
        .and_maybe(not_above(
            view,
            Setting::TopicMinInsyncReplicas,
            Setting::TopicReplication,
        ))
        .and_maybe(not_above(
            view,
            Setting::TopicMinCompactionLagMs,
            Setting::TopicMaxCompactionLagMs,
        ))
        .and_maybe(gzip_level(view))
        .and_maybe(remote_and_compact(view))
        .and_maybe(local_retention(
            view,
            Setting::TopicLocalRetentionMs,
            Setting::TopicRetentionMs,
        ))
        .and_maybe(local_retention(
            view,
            Setting::TopicLocalRetentionBytes,
            Setting::TopicRetentionBytes,
        ))
}

const fn not_above(view: View<'_, '_>, small: Setting, large: Setting) -> Option<Violation> {
    match (view.given_number(small), view.given_number(large)) {
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

const fn gzip_level(view: View<'_, '_>) -> Option<Violation> {
    match view.given_number(Setting::TopicCompressionGzipLevel) {
        Some(level) if level.value == 0 => {
            let text = say(Text::new(), level, level.level)
                .str(" is no level of gzip: write one from 1 to 9, or -1 for its own default");
            Some(Violation {
                at: Some(level.setting),
                with: None,
                text,
            })
        }
        _ => None,
    }
}

/// Tiered storage takes topics that delete only (KIP-405).
const fn remote_and_compact(view: View<'_, '_>) -> Option<Violation> {
    let Some(policy) = view.given_word(Setting::TopicCleanupPolicy) else {
        return None;
    };
    if !view.settings.bool(Setting::TopicRemoteStorageEnable) || eq(policy.value, "delete") {
        return None;
    }
    let text = say_word(Text::new(), policy, policy.level).str(
        " cannot be combined with topic(remote_storage_enable = true), which takes topics that delete only: \
         leave out one of them",
    );
    Some(Violation {
        at: Some(Setting::TopicCleanupPolicy),
        with: Some(Setting::TopicRemoteStorageEnable),
        text,
    })
}

/// What a broker of tiered storage keeps itself is a part of what is kept at all. -2: all of it; -1: without limit.
const fn local_retention(view: View<'_, '_>, local: Setting, whole: Setting) -> Option<Violation> {
    if !view.settings.bool(Setting::TopicRemoteStorageEnable) {
        return None;
    }
    match (view.given_number(local), view.given_number(whole)) {
        (Some(local), Some(whole))
            if whole.value >= 0
                && local.value != -2
                && (local.value == -1 || local.value > whole.value) =>
        {
            Some(too_large(
                local,
                " must not exceed ",
                whole,
                whole.value,
                if local.value == -1 { -1 } else { local.value },
            ))
        }
        _ => None,
    }
}
