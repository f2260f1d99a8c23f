//! Why dead letters did not go back.

/// Why dead letters were not, or not all, sent back. What was done before stays done: run it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedriveError {
    /// Nothing of the topic goes to a dead-letter topic.
    #[error(
        "the topic field `{field}` has no dead-letter topic: give its message type `dead_letter = \"…\"`, with the \
         topic that its dead letters are in"
    )]
    NoDeadLetterTopic {
        /// The field.
        field: &'static str,
    },
    /// The dead-letter topic cannot be read.
    #[error("the dead-letter topic `{topic}` cannot be read: {reason}")]
    Unreadable {
        /// The dead-letter topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// A record was not taken back.
    #[error(
        "`{topic}` did not take back the record that had been at offset {offset} of partition {partition}: {reason}; the \
         next run begins with it, and may send some that were behind it in the dead-letter topic again"
    )]
    NotTaken {
        /// The topic that it came from, and should go back to.
        topic: String,
        /// The partition that it came from.
        partition: i32,
        /// The offset that it had there.
        offset: i64,
        /// Why.
        reason: String,
    },
    /// How far it came could not be committed.
    #[error(
        "how far the redrive came could not be committed for the group `{group}`: {reason}; the next run sends some \
         records again"
    )]
    NotCommitted {
        /// The group that remembers it.
        group: String,
        /// Why.
        reason: String,
    },
    /// It ended before it was done.
    #[error("the redrive ended before it was done: {reason}; the next run goes on there")]
    Ended {
        /// Why.
        reason: String,
    },
}
