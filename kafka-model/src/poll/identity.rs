//! Which topic is under a name, as far as the cluster has said. Pure.
//!
//! It is known within one session, and only as long as the topic is subscribed to: what the group had read when that
//! began may be of any topic of that name.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Which topic is under a name, and how large it is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: Option<String>,
    pub(crate) partitions: usize,
}

/// How many earlier ids of a topic are remembered.
const SUPERSEDED: usize = 8;

/// What became of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is another one.
    Recreated,
    /// It had fewer partitions.
    Grown {
        /// How many.
        from: usize,
    },
}

/// What is known of each topic.
#[derive(Debug, Default)]
pub(super) struct Identities {
    known: HashMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    identity: Identity,
    /// The ids that it had before, the latest last.
    superseded: VecDeque<String>,
}

impl Identities {
    /// Takes a broker's word, and says what is new about it.
    pub(super) fn note(&mut self, topic: &str, new: Identity) -> Option<Change> {
        let Some(known) = self.known.get_mut(topic) else {
            let superseded = VecDeque::new();
            let identity = new;
            self.known.insert(
                topic.to_owned(),
                Known {
                    identity,
                    superseded,
                },
            );
            return None;
        };
        let old = &mut known.identity;
        if let Some(id) = new.id {
            // Ids never come back: this broker is behind.
            if known.superseded.contains(&id) {
                return None;
            }
            match &mut old.id {
                Some(current) if *current != id => {
                    known.superseded.push_back(std::mem::replace(current, id));
                    if known.superseded.len() > SUPERSEDED {
                        known.superseded.pop_front();
                    }
                    old.partitions = new.partitions;
                    return Some(Change::Recreated);
                }
                Some(_) => {}
                unknown @ None => *unknown = Some(id),
            }
        }
        let from = std::mem::replace(&mut old.partitions, new.partitions);
        (from < new.partitions).then_some(Change::Grown { from })
    }

    /// Forgets all topics but these.
    pub(super) fn retain(&mut self, subscribed: &[Arc<str>]) {
        self.known
            .retain(|topic, _| subscribed.iter().any(|name| **name == **topic));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(identities: &mut Identities, id: Option<&str>, partitions: usize) -> Option<Change> {
        let id = id.map(str::to_owned);
        identities.note("t", Identity { id, partitions })
    }

    #[test]
    fn another_id_is_another_topic_and_more_partitions_are_the_same_one_grown() {
        let mut known = Identities::default();
        assert_eq!(note(&mut known, Some("a"), 1), None);
        assert_eq!(note(&mut known, Some("a"), 1), None);
        let grown = Some(Change::Grown { from: 1 });
        assert_eq!(note(&mut known, Some("a"), 3), grown);
        assert_eq!(note(&mut known, Some("b"), 4), Some(Change::Recreated));
        assert_eq!(note(&mut known, Some("b"), 4), None);
    }

    #[test]
    fn no_id_is_neither_compared_nor_kept() {
        let mut known = Identities::default();
        assert_eq!(note(&mut known, None, 1), None);
        assert_eq!(note(&mut known, Some("a"), 1), None, "it got known");
        assert_eq!(note(&mut known, None, 1), None);
        let grown = Some(Change::Grown { from: 1 });
        assert_eq!(note(&mut known, None, 2), grown);
        assert_eq!(note(&mut known, Some("a"), 2), None, "it stayed known");
        assert_eq!(note(&mut known, Some("b"), 2), Some(Change::Recreated));
    }

    #[test]
    fn a_broker_that_is_behind_brings_no_old_topic_back() {
        let mut known = Identities::default();
        note(&mut known, Some("a"), 1);
        assert_eq!(note(&mut known, Some("b"), 2), Some(Change::Recreated));
        assert_eq!(note(&mut known, Some("c"), 2), Some(Change::Recreated));
        for old in ["b", "a"] {
            assert_eq!(note(&mut known, Some(old), 1), None);
        }
        assert_eq!(note(&mut known, Some("c"), 2), None, "nor its size");
    }

    #[test]
    fn what_is_not_subscribed_is_forgotten() {
        let mut known = Identities::default();
        note(&mut known, Some("a"), 1);
        known.retain(&["t".into(), "u".into()]);
        assert_eq!(note(&mut known, Some("b"), 1), Some(Change::Recreated));
        known.retain(&["u".into()]);
        assert_eq!(note(&mut known, Some("c"), 1), None);
    }
}
