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

use super::session::Session;
use crate::native::TopicFacts;
use crate::offset::NextOffset;
use crate::runtime::{Event, Identity};

/// How often the cluster is asked.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// When the cluster is asked for the topics.
#[derive(Debug)]
pub(super) struct Asking {
    due: Instant,
    under_way: bool,
}

impl Asking {
    /// Has the cluster asked at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.due = now;
    }

    pub(super) fn new(now: Instant) -> Self {
        Self {
            due: now,
            under_way: false,
        }
    }
}

impl Session {
    /// Asks what became of the topics, and deals with the answer.
    pub(super) fn look_at_topics(&mut self, now: Instant) {
        if let Some(answer) = self.descriptions.answer() {
            self.asking.under_way = false;
            self.asking.due = now + ASK_EVERY;
            match answer {
                Ok(topics) => topics.iter().for_each(|facts| self.look_at_topic(facts)),
                // The client complains by itself.
                Err(code) => {
                    tracing::debug!(service = %self.service.name, ?code, "the cluster did not describe the topics");
                }
            }
        }
        // What an answer asks for is not done in the midst of a rebalance.
        let is_due = !self.asking.under_way && now >= self.asking.due;
        if is_due && self.drain.is_none() && self.connection.embedded.is_none() {
            self.asking.under_way = true;
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
            service = %self.service.name, topic = %facts.topic, id = facts.id, partitions = facts.partitions,
            error = ?facts.error, "topic described",
        );
        match facts.error {
            None => {}
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
        let Some(old) = topic.set_identity(new) else {
            return;
        };
        let service = self.service.name.clone();
        if old.id != facts.id {
            self.service.tell(Event::TopicRecreated {
                service,
                topic: facts.topic.clone(),
                partitions: facts.partitions,
            });
            self.begin_anew(&facts.topic);
        } else if facts.partitions > old.partitions {
            self.service.tell(Event::PartitionsAdded {
                service,
                topic: facts.topic.clone(),
                from: old.partitions,
                to: facts.partitions,
            });
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
