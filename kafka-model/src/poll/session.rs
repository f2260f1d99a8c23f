//! The life of one client: it is polled, turn by turn, until it is to end or fails.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kafka_model_core::Setting;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use super::assignment::Assignment;
use super::client::Client;
use super::connect::{Probe, Watch};
use super::context::Context;
use super::credentials::Credentials;
use super::drain::Drain;
use super::group::Purpose;
use super::identity::Identities;
use super::introduction::Introduction;
use super::reader::{self, Turn};
use super::topics::Asking;
use super::trouble::Trouble;
use super::verify::Verification;
use super::waker::{COMMITS, EVENTS, TOPICS, Waker};
use crate::config::{self, Connection, Limits};
use crate::error::ServiceError;
use crate::lane;
use crate::native::{self, CommitQueue, ConsumerQueue, DescribeQueue};
use crate::offset::Committer;
use crate::runtime::{Event, ServiceState, TopicState};

/// The longest sleep of a poll thread that waits for something.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How often every queue is looked at, asked or not: a wake-up that was lost costs no more than this.
const LOOK_EVERYWHERE: Duration = Duration::from_millis(500);
/// How many events of the consumer's own queue are served in a turn.
const EVENTS_A_TURN: usize = 64;
/// How many partitions are read in a turn, before events and commits get their turn again.
const READS_A_TURN: usize = 64;
/// Why a session ended.
pub(crate) enum End {
    /// The service is shut down.
    Shutdown,
    /// Nothing of it is to be consumed any more.
    Idle,
    /// The client cannot go on.
    Failed(ServiceError),
}

/// A client with what it was assigned.
pub(crate) struct Session {
    pub(super) service: Arc<ServiceState>,
    pub(super) connection: Connection,
    pub(super) credentials: Credentials,
    pub(super) trouble: Trouble,
    // Everything that refers to the consumer is dropped before it.
    pub(super) assignment: Assignment,
    pub(super) commits: CommitQueue<Context>,
    events: ConsumerQueue<Context>,
    pub(super) descriptions: DescribeQueue<Context>,
    pub(super) consumer: Client,
    pub(super) asking: Asking,
    pub(super) identities: Identities,
    pub(super) subscribed: Vec<Arc<str>>,
    watch: Option<Watch>,
    pub(super) committer: Committer,
    /// Partitions whose queues may have something to read.
    ready: VecDeque<u32>,
    /// Partitions whose records wait for room in a buffer.
    pub(super) blocked: Vec<u32>,
    pub(super) drain: Option<(Drain, Purpose)>,
    look_everywhere_at: Instant,
    pub(super) verification: Option<Verification>,
    /// How many were begun.
    pub(super) verifications: usize,
}

impl Session {
    /// Connects: asks the cluster for the topics, with an `introduction` if there is one, and makes a consumer of the
    /// size that follows.
    pub(crate) fn connect(
        service: &Arc<ServiceState>,
        connection: &Connection,
        introduction: Option<&Introduction>,
    ) -> Result<Self, ServiceError> {
        let count = |probe: &Probe| probe.count_partitions(service, connection.connect_timeout);
        let partitions = match introduction {
            Some(introduction) => introduction.probe(service, connection, count),
            None => count(&Probe::new(service, connection)?),
        }?;
        let limits = Limits::share(service.settings.memory_budget, partitions);
        let mut consumer: BaseConsumer<Context> =
            config::consumer(&service.effective, &service.group, connection, limits)?
                .create_with_context(Context::new(Arc::clone(service)))
                .map_err(|error| ServiceError::Configuration {
                    reason: config::describe_error(&error),
                })?;
        let waker = Arc::clone(&service.waker);
        consumer.set_nonempty_callback(move || {
            use crate::native::Wake as _;
            waker.wake(EVENTS);
        });
        let consumer = Rc::new(consumer);
        let supplied = Rc::clone(&consumer);
        let client = config::supply(supplied, &service.name, &service.effective, connection);
        let wake = || -> Arc<Waker> { Arc::clone(&service.waker) };
        let (Some(commits), Some(events), Some(descriptions)) = (
            CommitQueue::new(&consumer, wake(), COMMITS),
            ConsumerQueue::of(&consumer),
            DescribeQueue::new(&consumer, wake(), TOPICS),
        ) else {
            return Err(ServiceError::Fatal {
                reason: "librdkafka gave no queues".to_owned(),
            });
        };
        let now = Instant::now();
        let mut session = Self {
            service: Arc::clone(service),
            connection: connection.clone(),
            credentials: Credentials::default(),
            trouble: Trouble::default(),
            assignment: Assignment::default(),
            commits,
            events,
            descriptions,
            asking: Asking::new(now),
            identities: Identities::default(),
            consumer: Client::new(client),
            subscribed: Vec::new(),
            watch: None,
            committer: Committer::new(service.settings.commit_interval, now),
            ready: VecDeque::new(),
            blocked: Vec::new(),
            drain: None,
            look_everywhere_at: now,
            verification: None,
            verifications: 0,
        };
        session.subscribe()?;
        Ok(session)
    }

    /// Polls until the session ends, then closes the client, which leaves its group.
    pub(crate) fn run(mut self) -> End {
        let waker = Arc::clone(&self.service.waker);
        let mut woken = waker.take();
        loop {
            if let Some(end) = self.turn(&woken.queues, woken.room()) {
                if matches!(end, End::Failed(_)) && self.service.shutdown_deadline().is_some() {
                    self.service.leave_report(self.unfinished());
                }
                self.close();
                return end;
            }
            // Events that are left wake nobody again: the queue they wait in never became empty.
            if self.ready.is_empty() && self.events.len() == 0 {
                woken = waker.wait(self.longest_wait(Instant::now()));
            } else {
                woken = waker.take();
            }
        }
    }

    fn turn(&mut self, queues: &[u32], room: bool) -> Option<End> {
        if let Some(end) = self.serve_events() {
            return Some(end);
        }
        while let Some(reply) = self.commits.reply() {
            self.commit_replied(&reply);
        }
        self.obey();
        self.make_ready(queues.iter().copied());
        if room {
            let blocked = std::mem::take(&mut self.blocked);
            self.make_ready(blocked);
        }
        let now = Instant::now();
        lane::tick(now);
        let look_everywhere = now >= self.look_everywhere_at;
        if look_everywhere {
            self.look_everywhere_at = now + LOOK_EVERYWHERE;
            self.look_at_watermarks();
            for topic in &self.service.topics {
                topic.look_at_handlers();
            }
            self.blocked.clear();
            let all = self.assignment.tokens();
            self.make_ready(all);
        }
        self.read();
        for topic in &self.service.topics {
            topic.buffer.wake();
        }
        if look_everywhere {
            self.look_at_membership();
            self.look_at_topics(now);
            if let Some(end) = self.look_at_trouble(now) {
                return Some(end);
            }
            self.look_for_stalls(now);
        }
        if self.committer.is_due(now) {
            self.commit(now);
        }
        self.advance_drain(now)
    }

    /// Serves the consumer's own queue: rebalances, errors, logs, statistics.
    fn serve_events(&mut self) -> Option<End> {
        for _ in 0..EVENTS_A_TURN {
            // At least once a turn, so that the group sees a live member.
            let message = self.consumer.poll(Duration::ZERO);
            match message {
                Some(Ok(message)) => {
                    let raw = native::raw(&message);
                    let token = self.assignment.token(raw.topic(), raw.partition());
                    if let Some(assigned) = token.and_then(|token| self.assignment.get_mut(token)) {
                        let turn = reader::take_stray(assigned, &raw);
                        drop(message);
                        self.note(&turn);
                    }
                }
                Some(Err(error)) => {
                    if let Some(end) = self.client_error(&error) {
                        return Some(end);
                    }
                }
                None => {}
            }
            if self.events.len() == 0 {
                break;
            }
        }
        self.serve_group()
    }

    fn client_error(&mut self, error: &KafkaError) -> Option<End> {
        let reason = self
            .consumer
            .context()
            .take_complaint()
            .unwrap_or_else(|| config::describe_error(error));
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            let fatal = match self.consumer.client().fatal_error() {
                Some((RDKafkaErrorCode::FencedInstanceId, _)) => ServiceError::Fenced {
                    group: self.service.group.clone(),
                    instance: self
                        .connection
                        .text(&self.service.effective, Setting::GroupInstanceId),
                },
                Some((_, reason)) => ServiceError::Fatal { reason },
                None => ServiceError::Fatal { reason },
            };
            return Some(End::Failed(fatal));
        }
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
            return Some(End::Failed(ServiceError::NotAuthorized {
                resource: "group",
                name: self.service.group.clone(),
                operations: "READ and DESCRIBE",
            }));
        }
        self.note_trouble(code, &reason);
        // It was logged where it came from.
        tracing::debug!(service = %self.service.name, %error, "client error; the client recovers by itself");
        self.service.note_error(ServiceError::Client { reason });
        None
    }

    /// Does what was asked for from outside.
    fn obey(&mut self) {
        if let Some((drain, Purpose::End(..))) = &mut self.drain {
            if let Some(deadline) = self.service.shutdown_deadline() {
                drain.hurry(deadline);
            }
            return;
        }
        if let Some(deadline) = self.service.shutdown_deadline() {
            self.end(End::Shutdown, deadline);
            return;
        }
        if self.service.is_idle() {
            self.end(
                End::Idle,
                Instant::now() + self.service.settings.drain_timeout,
            );
            return;
        }
        let appeared = self
            .watch
            .as_ref()
            .is_some_and(|watch| self.missing().count() < watch.topics());
        if appeared {
            self.asking.hurry(Instant::now());
        }
        if (!self.service.wanted().eq(&self.subscribed) || appeared)
            && let Err(error) = self.subscribe()
        {
            tracing::error!(service = %self.service.name, %error, "subscribing failed");
            self.service.note_error(error);
        }
    }

    /// Whether the group has let this member in. With the consumer protocol (KIP-848), one that gets no partition is not told.
    fn look_at_membership(&self) {
        let protocol = self.service.effective.str(Setting::GroupProtocol);
        if protocol == Some("consumer")
            && !self.service.joined.load(Ordering::Relaxed)
            && native::generation(&self.consumer).is_some()
        {
            self.service.set_joined(true);
        }
    }

    fn missing(&self) -> impl Iterator<Item = &Arc<TopicState>> {
        self.service
            .topics
            .iter()
            .filter(|topic| topic.is_wanted() && topic.is_missing())
    }

    /// Subscribes to what is wanted, and looks out for what does not exist.
    pub(super) fn subscribe(&mut self) -> Result<(), ServiceError> {
        let wanted: Vec<_> = self.service.wanted().cloned().collect();
        let names: Vec<&str> = wanted.iter().map(|topic| &**topic).collect();
        self.consumer
            .subscribe(&names)
            .map_err(|error| ServiceError::Client {
                reason: config::describe_error(&error),
            })?;
        self.watch_missing();
        self.identities.retain(&wanted);
        self.asking.outdate(Instant::now());
        self.subscribed = wanted;
        Ok(())
    }

    /// Looks out for the topics that do not exist.
    pub(super) fn watch_missing(&mut self) {
        let missing: Vec<_> = self.missing().cloned().collect();
        self.watch =
            (!missing.is_empty()).then(|| Watch::start(&self.service, &self.connection, missing));
    }

    /// Notes that these partitions may have something to read.
    pub(super) fn make_ready(&mut self, tokens: impl IntoIterator<Item = u32>) {
        for token in tokens {
            if let Some(assigned) = self.assignment.get_mut(token)
                && !assigned.ready
            {
                assigned.ready = true;
                self.ready.push_back(token);
            }
        }
    }

    fn read(&mut self) {
        let turns = self.ready.len().min(READS_A_TURN);
        for _ in 0..turns {
            let Some(token) = self.ready.pop_front() else {
                return;
            };
            let Some(assigned) = self.assignment.get_mut(token) else {
                continue;
            };
            assigned.ready = false;
            let turn = reader::read(assigned);
            if let Some(rewind) = turn.rewound {
                // librdkafka's own account of what was read from a queue by batches never goes back, and is where
                // it reads on after a rebalance: that would leave out what lies between. A seek resets it.
                let partition = &assigned.partition;
                let to = Offset::Offset(rewind.next);
                if let Err(error) =
                    self.consumer
                        .seek(partition.topic(), partition.id(), to, Duration::ZERO)
                {
                    tracing::warn!(service = %self.service.name, ?partition, %error, "the client cannot seek");
                }
                self.service.tell(Event::Rewound {
                    service: self.service.name.clone(),
                    topic: partition.topic().to_owned(),
                    partition: partition.id(),
                    from: rewind.from,
                    to: rewind.to,
                });
            }
            if let Some(to) = turn.skip_to {
                let partition = &assigned.partition;
                if let Err(error) = self.consumer.seek(
                    partition.topic(),
                    partition.id(),
                    Offset::Offset(to),
                    Duration::ZERO,
                ) {
                    tracing::warn!(service = %self.service.name, ?partition, %error, "the client cannot seek");
                }
            }
            if turn.more {
                self.make_ready([token]);
            }
            if turn.full && !self.blocked.contains(&token) {
                self.blocked.push(token);
            }
            self.note(&turn);
        }
    }

    fn note(&mut self, turn: &Turn) {
        self.service
            .delivered_bytes
            .fetch_add(turn.bytes as u64, Ordering::Relaxed);
        for error in &turn.errors {
            tracing::warn!(service = %self.service.name, "{error}");
            self.service.note_error(ServiceError::Client {
                reason: error.clone(),
            });
        }
        if turn.commit {
            self.committer.hurry();
        }
    }

    /// Until when there is nothing to do, unless something wakes the thread.
    fn longest_wait(&self, now: Instant) -> Duration {
        let until = |due: Instant| due.saturating_duration_since(now);
        let due = until(self.committer.due());
        // A committer that waits for its reply is woken by it.
        let commit = if self.committer.is_busy() || due.is_zero() {
            LONGEST_WAIT
        } else {
            due
        };
        let drain = self
            .drain
            .as_ref()
            .map_or(LOOK_EVERYWHERE, |_| LONGEST_WAIT);
        // An idle client costs little else than that it is woken.
        commit.min(drain).min(until(self.look_everywhere_at))
    }

    /// Closes the client on this thread: it gives its partitions up and leaves its group.
    fn close(self) {
        let service = Arc::clone(&self.service);
        drop(self);
        tracing::info!(service = %service.name, group = %service.group, "client closed");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.service.set_joined(false);
        self.service.set_trouble(None);
        for token in self.assignment.tokens() {
            self.assignment.remove(token);
        }
    }
}
