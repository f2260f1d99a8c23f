//! What the nemesis is going to do: it follows from the seed alone.

use std::fmt;

use super::random::Random;

/// What can be done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// SIGTERM, and a new process in its place.
    RestartService,
    /// One more member, or one less if there are many.
    ChangeMembers,
    /// A topic gets more partitions.
    AddPartitions,
    /// Records that are handled and committed are deleted.
    DeleteRecords,
    /// A dead-letter topic takes nothing for a while.
    RefuseDeadLetters,
    /// A handler takes long, but not too long.
    SlowHandler,
    /// A handler hangs for longer than a rebalance waits, while a member joins.
    HangHandler,
    /// SIGKILL, and a new process in its place.
    KillService,
    /// SIGSTOP, and after a while SIGCONT: shorter or longer than a session.
    StopService,
    /// SIGKILL for a broker, which is then started again.
    KillBroker,
    /// SIGSTOP for a broker, and after a while SIGCONT.
    PauseBroker,
    /// Another broker becomes the coordinator of a group.
    MoveCoordinator,
    /// All connections of a service are cut, several times.
    CutConnections,
    /// Nothing passes over a service's connections for a while.
    FreezeConnections,
    /// The replies to a service's commits are lost, with their connections.
    DropCommitReplies,
}

impl Kind {
    /// Those after which nothing may be handled again.
    pub const GRACEFUL: [Self; 6] = [
        Self::RestartService,
        Self::ChangeMembers,
        Self::AddPartitions,
        Self::DeleteRecords,
        Self::RefuseDeadLetters,
        Self::SlowHandler,
    ];
    /// The others.
    pub const UNGRACEFUL: [Self; 9] = [
        Self::HangHandler,
        Self::KillService,
        Self::StopService,
        Self::KillBroker,
        Self::PauseBroker,
        Self::MoveCoordinator,
        Self::CutConnections,
        Self::FreezeConnections,
        Self::DropCommitReplies,
    ];

    /// Those that something else may be beside.
    const ACCOMPANIED: [Self; 3] = [Self::KillBroker, Self::PauseBroker, Self::RefuseDeadLetters];
    /// Those that may be beside them.
    const BESIDE: [Self; 4] = [
        Self::KillService,
        Self::StopService,
        Self::CutConnections,
        Self::DropCommitReplies,
    ];

    /// About how many seconds it takes until everything is as before.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::DeleteRecords | Self::CutConnections | Self::DropCommitReplies => 4,
            Self::SlowHandler | Self::AddPartitions => 6,
            Self::RestartService | Self::ChangeMembers => 7,
            Self::KillService | Self::MoveCoordinator | Self::PauseBroker => 12,
            Self::StopService | Self::FreezeConnections | Self::HangHandler => 14,
            Self::RefuseDeadLetters => 16,
            Self::KillBroker => 22,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RestartService => "restart a service",
            Self::ChangeMembers => "add or remove a member",
            Self::AddPartitions => "add partitions",
            Self::DeleteRecords => "delete old records",
            Self::RefuseDeadLetters => "refuse dead letters",
            Self::SlowHandler => "slow handler",
            Self::HangHandler => "hang a handler",
            Self::KillService => "kill a service",
            Self::StopService => "stop and continue a service",
            Self::KillBroker => "kill a broker",
            Self::PauseBroker => "pause a broker",
            Self::MoveCoordinator => "move the coordinator",
            Self::CutConnections => "cut connections",
            Self::FreezeConnections => "freeze connections",
            Self::DropCommitReplies => "drop commit replies",
        })
    }
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub kind: Kind,
    /// From which its target and its details are drawn.
    pub seed: u64,
    /// What else is done meanwhile, and from what that is drawn.
    pub beside: Option<(Kind, u64)>,
}

/// Draws what is done in so many seconds: first each of `kinds` once, the graceful ones before the others, so that
/// nothing ungraceful can be the cause of what they do; then rounds of the same, some of them with another one
/// beside, until the time is used up.
#[must_use]
pub fn draw(seed: u64, seconds: u64, kinds: &[Kind]) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut steps = Vec::new();
    let (mut used, mut first) = (0, true);
    loop {
        for graceful in [true, false] {
            let mut round: Vec<_> = kinds
                .iter()
                .copied()
                .filter(|kind| Kind::GRACEFUL.contains(kind) == graceful)
                .collect();
            random.shuffle(&mut round);
            for kind in round {
                used += kind.seconds();
                if used > seconds {
                    return steps;
                }
                let seed = random.draw();
                let accompanied =
                    !first && Kind::ACCOMPANIED.contains(&kind) && random.below(2) == 0;
                let beside = accompanied.then(|| (*random.one_of(&Kind::BESIDE), random.draw()));
                steps.push(Step { kind, seed, beside });
            }
        }
        first = false;
        if kinds.is_empty() {
            return steps;
        }
    }
}

/// All kinds.
#[must_use]
pub fn all_kinds() -> Vec<Kind> {
    let kinds = Kind::GRACEFUL.into_iter().chain(Kind::UNGRACEFUL);
    kinds.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let kinds = all_kinds();
        assert_eq!(draw(5, 600, &kinds), draw(5, 600, &kinds));
        assert_ne!(draw(5, 600, &kinds), draw(6, 600, &kinds));
    }

    #[test]
    fn a_short_run_has_everything_once_and_the_graceful_ones_first() {
        let kinds = all_kinds();
        let all: u64 = kinds.iter().map(|kind| kind.seconds()).sum();
        let steps = draw(1, all, &kinds);
        assert_eq!(steps.len(), kinds.len());
        let graceful = Kind::GRACEFUL.len();
        assert!(
            steps[..graceful]
                .iter()
                .all(|step| Kind::GRACEFUL.contains(&step.kind))
        );
    }

    #[test]
    fn a_run_keeps_to_its_time() {
        let steps = draw(9, 1_000, &all_kinds());
        let used: u64 = steps.iter().map(|step| step.kind.seconds()).sum();
        assert!((900..=1_000).contains(&used), "{used}");
    }
}
