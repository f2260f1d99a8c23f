//! Topics that come, go, grow, or are made anew while they are consumed.
//!
//! librdkafka asks for its topics as often as `topic_metadata_refresh_interval_ms` says, and takes part of what
//! changed into account: it finds new partitions, and gives those of a deleted topic up. That a topic is another one
//! under the old name it sees and goes on at the old offset, which leaves out what lies before it
//! (`rd_kafka_topic_metadata_update2` has a FIXME about it). So the cluster is asked here as well: its controller, or any
//! broker where that is one of KRaft's. The embedded broker names none.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::Offset;

use super::identity::Change;
use super::identity::Identity;
use super::session::Session;
use super::trouble::is_no_answer;
use crate::native::TopicFacts;
use crate::offset::NextOffset;
use crate::runtime::{Event, TopicState};

/// How often the cluster is asked.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// When the cluster is asked for the topics.
#[derive(Debug)]
pub(super) struct Asking {
    due: Instant,
    under_way: bool,
    /// When it was asked last.
    begun: Instant,
    /// Whether the answer that is under way comes too late to count.
    outdated: bool,
    /// Partitions were given up: until when the assignment that follows is waited for.
    unsettled: Option<Instant>,
}

impl Asking {
    /// Whether the answer that has come now counts. If it does not, the cluster is asked again.
    fn answered(&mut self, now: Instant, at_rest: bool) -> bool {
        self.under_way = false;
        let counts = at_rest && self.is_settled(now) && !self.outdated;
        self.due = if counts { now + ASK_EVERY } else { now };
        counts
    }

    /// Whether the cluster is to be asked now; it is taken to be.
    fn begins(&mut self, now: Instant, at_rest: bool) -> bool {
        let begins = !self.under_way && at_rest && self.is_settled(now) && now >= self.due;
        if begins {
            self.under_way = true;
            self.begun = now;
            self.outdated = false;
        }
        begins
    }

    /// Partitions were given up. Some may come back at once, at the offsets that were committed: a topic that was made
    /// anew is only looked for when they are there. Not every protocol lets an assignment follow.
    pub(super) fn gave_up(&mut self, now: Instant) {
        self.unsettled = Some(now + ASK_EVERY);
    }

    /// The group has assigned what it does.
    pub(super) fn assigned(&mut self) {
        self.unsettled = None;
    }

    fn is_settled(&self, now: Instant) -> bool {
        self.unsettled.is_none_or(|until| now >= until)
    }

    /// Other topics are subscribed to: the answer that is under way does not count, and the cluster is asked at once.
    pub(super) fn outdate(&mut self, now: Instant) {
        self.outdated = self.under_way;
        self.due = now;
    }

    /// When the question was asked that has no answer yet.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.under_way.then_some(self.begun)
    }

    /// Has the cluster asked at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.due = now;
    }

    pub(super) fn new(now: Instant) -> Self {
        Self {
            due: now,
            under_way: false,
            begun: now,
            outdated: false,
            unsettled: None,
        }
    }
}

impl Session {
    /// Asks what became of the topics, and deals with the answer.
    pub(super) fn look_at_topics(&mut self, now: Instant) {
        // What is being given up in a rebalance cannot begin anew any more: an answer that comes then is not taken, or
        // it would count as dealt with.
        let at_rest = self.drain.is_none();
        if let Some(answer) = self.descriptions.answer() {
            let asked = self.asking.unanswered_since().unwrap_or(now);
            let counts = self.asking.answered(now, at_rest);
            match answer {
                Ok(topics) => {
                    self.trouble.answered(asked);
                    if counts {
                        topics.iter().for_each(|facts| self.look_at_topic(facts));
                    }
                }
                // The client complains by itself.
                Err(code) => {
                    tracing::debug!(service = %self.service.name, ?code, "the cluster did not describe the topics");
                    if !is_no_answer(code) {
                        self.trouble.answered(asked);
                    }
                }
            }
            if self.trouble.is_there() {
                self.asking.hurry(now);
            }
        }
        if self.connection.embedded.is_none() && self.asking.begins(now, at_rest) {
            self.descriptions
                .ask(self.subscribed.iter().map(|topic| &**topic));
        }
    }

    fn look_at_topic(&mut self, facts: &TopicFacts) {
        let topics = &self.service.topics;
        let Some(topic) = topics.iter().find(|topic| *topic.topic == *facts.topic) else {
            return;
        };
        let topic = std::sync::Arc::clone(topic);
        tracing::debug!(
            service = %self.service.name, topic = %facts.topic, id = ?facts.id, partitions = facts.partitions,
            error = ?facts.error, "topic described",
        );
        match facts.error {
            None => self.found(&topic, facts.partitions),
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => {
                // Which one it was stays known: partitions may be assigned still when the next one comes.
                if !topic.is_missing() {
                    topic.set_missing(true);
                    self.service.tell_missing(&topic);
                    self.watch_missing();
                }
                return;
            }
            Some(_) => return,
        }
        let new = Identity {
            id: facts.id.clone(),
            partitions: facts.partitions,
        };
        let service = self.service.name.clone();
        match self.identities.note(&facts.topic, new) {
            Some(Change::Recreated) => {
                self.service.tell(Event::TopicRecreated {
                    service,
                    topic: facts.topic.clone(),
                    partitions: facts.partitions,
                });
                self.begin_anew(&facts.topic);
            }
            Some(Change::Grown { from }) => self.service.tell(Event::PartitionsAdded {
                service,
                topic: facts.topic.clone(),
                from,
                to: facts.partitions,
            }),
            None => {}
        }
    }

    /// A topic is there. If it was not before, it is subscribed to anew, so that the client looks for it at once.
    fn found(&mut self, topic: &TopicState, partitions: usize) {
        if !topic.appears() {
            return;
        }
        self.service.tell_created(topic, partitions);
        if let Err(error) = self.subscribe() {
            self.service.note_error(error);
        }
    }

    /// Reads a topic from its beginning: what was read, settled and committed was of another one.
    fn begin_anew(&mut self, topic: &str) {
        for token in self.assignment.tokens() {
            let Some(id) = self
                .assignment
                .get(token)
                .filter(|assigned| &*assigned.topic.topic == topic && !assigned.leaving)
                .map(|assigned| assigned.partition.id())
            else {
                continue;
            };
            // In an epoch of its own: what is still under way settles nothing of the new topic.
            let Some(token) = self
                .assignment
                .add(&self.service, &self.consumer, topic, id)
            else {
                continue;
            };
            if let Some(assigned) = self.assignment.get_mut(token) {
                assigned.course.next = Some(0);
                // It is committed, even if nothing is read: over what may have been committed of the old one.
                assigned.partition.tracker().start_at(NextOffset(0));
            }
            if let Err(error) = self
                .consumer
                .seek(topic, id, Offset::Beginning, Duration::ZERO)
            {
                tracing::error!(
                    service = %self.service.name, topic, partition = id, %error,
                    "the client does not go back to the beginning of the new topic",
                );
            }
            self.make_ready([token]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_only_at_rest() {
        let now = Instant::now();
        let mut asking = Asking::new(now);
        assert!(!asking.begins(now, false), "a drain");
        assert!(asking.begins(now, true));
        assert!(!asking.begins(now, true), "under way");
        assert!(!asking.answered(now, false), "a drain");
        assert!(!asking.begins(now, false));
        assert!(asking.begins(now, true), "again, at once");
        assert!(asking.answered(now, true));
        assert!(!asking.begins(now, true), "not yet");
        assert!(asking.begins(now + ASK_EVERY, true));
    }

    #[test]
    fn what_was_given_up_may_come_back_before_an_answer_counts() {
        let now = Instant::now();
        let mut asking = Asking::new(now);
        assert!(asking.begins(now, true));
        asking.gave_up(now);
        assert!(!asking.answered(now, true));
        assert!(!asking.begins(now, true));
        asking.assigned();
        assert!(asking.begins(now, true), "it came");
        asking.gave_up(now);
        assert!(asking.answered(now + ASK_EVERY, true), "it does not come");
    }

    #[test]
    fn an_answer_from_before_a_change_of_the_subscription_does_not_count() {
        let now = Instant::now();
        let mut asking = Asking::new(now);
        asking.outdate(now);
        assert!(asking.begins(now, true));
        asking.outdate(now);
        assert!(!asking.begins(now, true), "under way");
        assert!(!asking.answered(now, true));
        assert!(asking.begins(now, true));
        assert!(asking.answered(now, true));
    }
}
