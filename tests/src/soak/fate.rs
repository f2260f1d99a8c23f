//! How it goes with a record: it follows from the seed and its id, so that handlers fail alike in every process.

use super::random::mixed;
use super::stream::Stream;

/// How often a record of an ordered stream is tried; as the models say.
pub const ATTEMPTS: u32 = 3;

/// How it goes with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Each attempt succeeds.
    Well,
    /// So many attempts fail, and the next succeeds.
    After(u32),
    /// Each attempt fails.
    Never,
    /// Each attempt panics.
    Panic,
}

impl Fate {
    /// That of a record.
    #[must_use]
    pub fn of(seed: u64, stream: Stream, id: u64) -> Self {
        let draw = mixed(seed ^ mixed(id)) % 400;
        let retries = matches!(stream, Stream::Jobs | Stream::JobsSoon | Stream::JobsLater);
        match draw {
            // It is tried twice in its topic, and twice in each of two retry topics.
            0..12 if retries => Self::After(u32::try_from(draw % 6).unwrap_or(0)),
            0..12 => Self::After(1 + u32::try_from(draw % 2).unwrap_or(0)),
            12..15 if stream != Stream::Audit => Self::Never,
            15 if stream != Stream::Audit => Self::Panic,
            _ => Self::Well,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_same_fate_in_its_retry_topics() {
        for id in 0..10_000 {
            let fate = Fate::of(5, Stream::Jobs, id);
            for stream in Stream::Jobs.retries() {
                assert_eq!(Fate::of(5, *stream, id), fate);
            }
        }
    }

    #[test]
    fn what_has_no_dead_letters_never_needs_them() {
        for id in 0..10_000 {
            let fate = Fate::of(5, Stream::Audit, id);
            assert!(
                matches!(fate, Fate::Well | Fate::After(1..ATTEMPTS)),
                "{fate:?}"
            );
        }
    }
}
