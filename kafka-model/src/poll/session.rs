//! The life of one client: it is polled, turn by turn, until it is to end or fails.

use std::collections::VecDeque;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset as ListOffset;

use super::assignment::Assignment;
use super::connect::{Probe, Watch};
use super::context::{Context, Rebalance};
use super::drain::{Drain, Step};
use super::reader::{self, Turn};
use super::waker::{COMMITS, EVENTS, Waker};
use crate::config::{self, Connection, Limits};
use crate::error::ServiceError;
use crate::native::{self, CommitQueue, CommitReply, ConsumerQueue};
use crate::offset::{Committer, NextOffset, Position};
use crate::runtime::{PartitionReport, ServiceState};

/// The longest sleep of a poll thread.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How often every queue is looked at, asked or not: a wake-up that was lost costs no more than this.
const LOOK_EVERYWHERE: Duration = Duration::from_millis(500);
/// How many events of the consumer's own queue are served in a turn.
const EVENTS_A_TURN: usize = 64;
/// How many partitions are read in a turn, before events and commits get their turn again.
const READS_A_TURN: usize = 64;
/// How long a newly assigned partition's committed offset is waited for; it is only wanted for the lag.
const COMMITTED_WAIT: Duration = Duration::from_millis(500);

/// Why a session ended.
pub(crate) enum End {
    /// The service is shut down.
    Shutdown,
    /// Nothing of it is to be consumed any more.
    Idle,
    /// The client cannot go on.
    Failed(ServiceError),
}

/// What is to happen once a drain is done.
enum Purpose {
    /// The group is answered.
    Answer(Rebalance),
    /// The session ends; the group may still be owed an answer.
    End(End, Option<Rebalance>),
}

/// A client with what it was assigned.
pub(crate) struct Session {
    service: Arc<ServiceState>,
    connection: Connection,
    // Everything that refers to the consumer is dropped before it.
    assignment: Assignment,
    commits: CommitQueue<Context>,
    events: ConsumerQueue<Context>,
    consumer: Client,
    subscribed: Vec<Arc<str>>,
    watch: Option<Watch>,
    committer: Committer,
    /// Partitions whose queues may have something to read.
    ready: VecDeque<u32>,
    /// Partitions whose records wait for room in a buffer.
    blocked: Vec<u32>,
    drain: Option<(Drain, Purpose)>,
    look_everywhere_at: Instant,
}

impl Session {
    /// Connects: asks the cluster for the topics, and makes a consumer of the size that follows.
    pub(crate) fn connect(
        service: &Arc<ServiceState>,
        connection: &Connection,
    ) -> Result<Self, ServiceError> {
        let wanted: Vec<_> =
            service.topics.iter().filter(|topic| topic.is_wanted()).cloned().collect();
        let probe = Probe::new(service, connection)?;
        let partitions = probe.count_partitions(service, &wanted, connection.connect_timeout)?;
        drop(probe);
        let limits = Limits::share(service.settings.memory_budget, partitions);
        let mut consumer: BaseConsumer<Context> =
            config::consumer(&service.effective, &service.group, connection, limits)?
                .create_with_context(Context::new(Arc::clone(service)))
                .map_err(|error| ServiceError::Configuration { reason: config::describe_error(&error) })?;
        let waker = Arc::clone(&service.waker);
        consumer.set_nonempty_callback(move || {
            use crate::native::Wake as _;
            waker.wake(EVENTS);
        });
        let consumer = Rc::new(consumer);
        let waker: Arc<Waker> = Arc::clone(&service.waker);
        let (Some(commits), Some(events)) =
            (CommitQueue::new(&consumer, waker, COMMITS), ConsumerQueue::of(&consumer))
        else {
            return Err(ServiceError::Fatal { reason: "librdkafka gave no queues".to_owned() });
        };
        let now = Instant::now();
        let mut session = Self {
            service: Arc::clone(service),
            connection: connection.clone(),
            assignment: Assignment::default(),
            commits,
            events,
            consumer: Client(consumer),
            subscribed: Vec::new(),
            watch: None,
            committer: Committer::new(service.settings.commit_interval, now),
            ready: VecDeque::new(),
            blocked: Vec::new(),
            drain: None,
            look_everywhere_at: now,
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
                self.close();
                return end;
            }
            if self.ready.is_empty() {
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
        if now >= self.look_everywhere_at {
            self.look_everywhere_at = now + LOOK_EVERYWHERE;
            self.look_at_watermarks();
            self.blocked.clear();
            let all = self.assignment.tokens();
            self.make_ready(all);
        }
        self.read();
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
        // One rebalance at a time: the next one waits until the drain is done.
        while self.drain.is_none() {
            let rebalance = self.consumer.context().next_rebalance()?;
            self.service.rebalances.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.rebalance(rebalance) {
                return Some(refused(&error));
            }
        }
        None
    }

    fn rebalance(&mut self, rebalance: Rebalance) -> Result<(), KafkaError> {
        match &rebalance {
            Rebalance::Assign(partitions) => {
                rebalance.answer(&self.consumer)?;
                self.assigned(partitions);
                Ok(())
            }
            Rebalance::Revoke(partitions) => {
                let tokens = self.tokens(partitions);
                if !self.consumer.assignment_lost() {
                    let deadline = Instant::now() + self.service.settings.drain_timeout;
                    let drain = Drain::begin(&mut self.assignment, tokens, deadline);
                    self.drain = Some((drain, Purpose::Answer(rebalance)));
                    return Ok(());
                }
                tracing::warn!(
                    service = %self.service.name, group = %self.service.group, lost = tokens.len(),
                    "partitions lost: the group went on without this member; what was not committed is \
                     delivered again",
                );
                self.give_up(&tokens);
                rebalance.answer(&self.consumer)
            }
            Rebalance::Failed(code) => {
                tracing::warn!(service = %self.service.name, ?code, "the rebalance failed");
                let all = self.assignment.tokens();
                self.give_up(&all);
                rebalance.answer(&self.consumer)
            }
        }
    }

    fn tokens(&self, partitions: &TopicPartitionList) -> Vec<u32> {
        partitions
            .elements()
            .iter()
            .filter_map(|element| self.assignment.token(element.topic(), element.partition()))
            .collect()
    }

    fn client_error(&mut self, error: &KafkaError) -> Option<End> {
        let reason =
            self.consumer.context().complaint().unwrap_or_else(|| config::describe_error(error));
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            let reason = self.consumer.client().fatal_error().map_or(reason, |(_, reason)| reason);
            return Some(End::Failed(ServiceError::Fatal { reason }));
        }
        tracing::warn!(service = %self.service.name, %error, "client error; the client recovers by itself");
        self.service.note_error(ServiceError::Client { reason });
        None
    }

    /// Splits the queues of newly assigned partitions off, and begins to read them.
    fn assigned(&mut self, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            let (topic, id) = (element.topic(), element.partition());
            match self.assignment.add(&self.service, &self.consumer, topic, id) {
                Some(token) => self.make_ready([token]),
                None => tracing::error!(
                    service = %self.service.name, topic, partition = id,
                    "the group assigned a partition that the client does not know",
                ),
            }
        }
        tracing::info!(
            service = %self.service.name, group = %self.service.group, added = partitions.count(),
            assigned = self.assignment.len(), "partitions assigned",
        );
        self.look_at_committed(partitions);
    }

    /// What the group has already committed, for the lag of partitions of which nothing was read yet.
    fn look_at_committed(&mut self, partitions: &TopicPartitionList) {
        let Ok(committed) = self.consumer.committed_offsets(partitions.clone(), COMMITTED_WAIT) else {
            return;
        };
        for element in committed.elements() {
            let token = self.assignment.token(element.topic(), element.partition());
            if let (ListOffset::Offset(next), Some(assigned)) =
                (element.offset(), token.and_then(|token| self.assignment.get(token)))
            {
                assigned.partition.set_committed(NextOffset(next));
            }
        }
    }

    fn give_up(&mut self, tokens: &[u32]) {
        for token in tokens {
            self.assignment.remove(*token);
        }
    }

    /// Does what was asked for from outside.
    fn obey(&mut self) {
        let ending = matches!(self.drain, Some((_, Purpose::End(..))));
        if ending {
            return;
        }
        if let Some(deadline) = self.service.shutdown_deadline() {
            self.end(End::Shutdown, deadline);
            return;
        }
        let wanted = self.service.wanted();
        if wanted.is_empty() {
            self.end(End::Idle, Instant::now() + self.service.settings.drain_timeout);
            return;
        }
        let appeared = self.watch.is_some() && self.missing() == 0;
        if (wanted != self.subscribed || appeared)
            && let Err(error) = self.subscribe()
        {
            tracing::error!(service = %self.service.name, %error, "subscribing failed");
            self.service.note_error(error);
        }
    }

    fn missing(&self) -> usize {
        self.service.topics.iter().filter(|topic| topic.is_wanted() && topic.is_missing()).count()
    }

    /// Subscribes to what is wanted, and looks out for what does not exist.
    fn subscribe(&mut self) -> Result<(), ServiceError> {
        let wanted = self.service.wanted();
        let names: Vec<&str> = wanted.iter().map(|topic| &**topic).collect();
        self.consumer
            .subscribe(&names)
            .map_err(|error| ServiceError::Client { reason: config::describe_error(&error) })?;
        let missing: Vec<_> = self
            .service
            .topics
            .iter()
            .filter(|topic| topic.is_wanted() && topic.is_missing())
            .cloned()
            .collect();
        self.watch =
            (!missing.is_empty()).then(|| Watch::start(&self.service, &self.connection, missing));
        self.subscribed = wanted;
        Ok(())
    }

    /// Begins to end the session: everything is drained and committed first.
    fn end(&mut self, end: End, deadline: Instant) {
        let tokens = self.assignment.tokens();
        let drain = Drain::begin(&mut self.assignment, tokens, deadline);
        // A revocation that is under way becomes part of it; its answer is still owed.
        let owed = match self.drain.take() {
            Some((_, Purpose::Answer(rebalance))) => Some(rebalance),
            _ => None,
        };
        self.drain = Some((drain, Purpose::End(end, owed)));
    }

    /// Notes that these partitions may have something to read.
    fn make_ready(&mut self, tokens: impl IntoIterator<Item = u32>) {
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
            let Some(token) = self.ready.pop_front() else { return };
            let Some(assigned) = self.assignment.get_mut(token) else { continue };
            assigned.ready = false;
            let turn = reader::read(assigned);
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
        self.service.delivered_bytes.fetch_add(turn.bytes as u64, Ordering::Relaxed);
        for error in &turn.errors {
            tracing::warn!(service = %self.service.name, "{error}");
            self.service.note_error(ServiceError::Client { reason: error.clone() });
        }
        if turn.commit {
            self.committer.hurry();
        }
    }

    fn commit(&mut self, now: Instant) {
        let positions = Committer::uncommitted(self.assignment.iter().map(|assigned| &assigned.partition));
        if positions.is_empty() {
            self.committer.idle(now);
        } else {
            self.send_commit(positions);
        }
    }

    fn send_commit(&mut self, positions: Vec<Position>) {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for Position { partition, next } in &positions {
            let offset = ListOffset::Offset(next.0);
            if let Err(error) = list.add_partition_offset(partition.topic(), partition.id(), offset) {
                tracing::error!(service = %self.service.name, %error, ?partition, "offset not committed");
            }
        }
        self.committer.sent(positions);
        if let Err(code) = self.commits.commit(&list) {
            self.commit_failed(code);
        }
    }

    fn commit_replied(&mut self, reply: &CommitReply) {
        if let Some(code) = reply.error {
            self.commit_failed(code);
            return;
        }
        let failed = |topic: &str, id: i32| {
            reply
                .partitions
                .iter()
                .any(|(name, partition, _, error)| error.is_some() && *partition == id && name == topic)
        };
        let committed = self
            .committer
            .acknowledged(Instant::now(), |partition| failed(partition.topic(), partition.id()));
        self.service.commits.fetch_add(1, Ordering::Relaxed);
        if let Some((topic, id, _, Some(code))) =
            reply.partitions.iter().find(|(_, _, _, error)| error.is_some())
        {
            self.note_commit_failure(format!("{topic}[{id}]: {code}"));
            if let Some((drain, _)) = &mut self.drain {
                drain.commit_failed(Instant::now(), false);
            }
        }
        for Position { partition, .. } in committed {
            let token = self.assignment.token(partition.topic(), partition.id());
            if let Some(assigned) = token.and_then(|token| self.assignment.get_mut(token)) {
                reader::open_gate(assigned);
                self.make_ready(token);
            }
        }
    }

    fn commit_failed(&mut self, code: RDKafkaErrorCode) {
        let (wait, positions) = self.committer.failed(Instant::now());
        // The generation is over: only the next assignment can commit again.
        let hopeless = matches!(
            code,
            RDKafkaErrorCode::RebalanceInProgress
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::FencedInstanceId
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::TopicAuthorizationFailed
        );
        if let Some((drain, _)) = &mut self.drain {
            drain.commit_failed(Instant::now(), hopeless);
        }
        tracing::warn!(
            service = %self.service.name, group = %self.service.group, partitions = positions.len(),
            retry_in = ?wait, %code, "commit failed",
        );
        self.note_commit_failure(code.to_string());
    }

    fn note_commit_failure(&self, reason: String) {
        self.service.commit_failures.fetch_add(1, Ordering::Relaxed);
        self.service.note_error(ServiceError::Commit { group: self.service.group.clone(), reason });
    }

    fn look_at_watermarks(&self) {
        for assigned in self.assignment.iter() {
            let partition = &assigned.partition;
            if let Some((_, high)) =
                native::cached_watermarks(&self.consumer, partition.topic(), partition.id())
            {
                partition.set_high(NextOffset(high));
            }
        }
    }

    fn advance_drain(&mut self, now: Instant) -> Option<End> {
        let (drain, _) = self.drain.as_mut()?;
        match drain.step(&self.assignment, &self.committer, now) {
            Step::Wait => return None,
            Step::Commit(positions) => {
                self.send_commit(positions);
                return None;
            }
            Step::Done => {}
        }
        let (drain, purpose) = self.drain.take()?;
        match purpose {
            Purpose::Answer(rebalance) => {
                self.give_up(&drain.tokens);
                tracing::info!(
                    service = %self.service.name, group = %self.service.group, revoked = drain.tokens.len(),
                    assigned = self.assignment.len(), "partitions given up",
                );
                rebalance.answer(&self.consumer).err().map(|error| refused(&error))
            }
            Purpose::End(end, owed) => {
                self.service.leave_report(self.unfinished());
                if let Some(rebalance) = owed
                    && let Err(error) = rebalance.answer(&self.consumer)
                {
                    tracing::warn!(service = %self.service.name, %error, "a rebalance while closing failed");
                }
                Some(end)
            }
        }
    }

    /// What is left undone now.
    fn unfinished(&self) -> Vec<PartitionReport> {
        self.assignment
            .iter()
            .filter_map(|assigned| {
                let partition = &assigned.partition;
                let uncommitted = partition.position().filter(|next| partition.committed() != Some(*next));
                let in_flight = partition.is_running();
                (in_flight || uncommitted.is_some()).then(|| PartitionReport {
                    topic: partition.topic().to_owned(),
                    partition: partition.id(),
                    in_flight,
                    uncommitted: uncommitted.map(|next| next.0),
                    reason: uncommitted.and_then(|_| self.service.last_error()).map(|error| error.to_string()),
                })
            })
            .collect()
    }

    fn longest_wait(&self, now: Instant) -> Duration {
        let due = self.committer.due().saturating_duration_since(now);
        // A committer that waits for its reply is woken by it.
        if self.committer.is_busy() || due.is_zero() { LONGEST_WAIT } else { due.min(LONGEST_WAIT) }
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
        for token in self.assignment.tokens() {
            self.assignment.remove(token);
        }
    }
}

/// The client, which its last owner closes on drop: that waits until the group let it go, so what the
/// group asks for must be answered from then on, also when a panic unwinds.
struct Client(Rc<BaseConsumer<Context>>);

impl Deref for Client {
    type Target = Rc<BaseConsumer<Context>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.context().close(self);
    }
}

fn refused(error: &KafkaError) -> End {
    let reason = format!("the client refused a rebalance: {}", config::describe_error(error));
    End::Failed(ServiceError::Fatal { reason })
}
