//! What one worker has: work that it took and has not begun, and records that it has handled and not told of.
//!
//! A handler that is ready at once costs less than a lock. So a worker whose handlers are takes several works at
//! once, and tells of what it has handled in runs. Nothing of that is kept while anybody waits: before a handler is
//! waited for, everything that was handled is told, and all that was only taken goes back to the other workers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::handling;
use super::partition::Running;
use super::schedule::Place;
use super::{Work, succeed};
use crate::record::Batch;
use crate::runtime::TopicState;

/// The most works that are taken at once.
const MOST: usize = 32;
/// The most records in a row that are told of together.
const LONGEST_RUN: usize = 64;
/// Handlers that need longer for what was taken at once are slow: others are to have a share of it.
const QUICK: Duration = Duration::from_micros(200);

/// What one worker has.
pub(super) struct Hand<'a> {
    topic: &'a TopicState,
    taken: VecDeque<(Place, Work)>,
    /// How many works are to be taken next.
    next: usize,
    /// When those at hand were taken, if they are several.
    since: Option<Instant>,
    /// Records that were handled one after the other, and are not told of.
    handled: Option<(Arc<Batch>, Range<usize>)>,
    /// When the first of them was handled, by the clock of the handling.
    handled_at: u64,
    /// Lanes that are to be given back.
    done: Vec<Place>,
    /// The partition that the worker is in.
    running: Option<Running>,
}

impl<'a> Hand<'a> {
    pub(super) fn new(topic: &'a TopicState) -> Self {
        Self {
            topic,
            taken: VecDeque::new(),
            next: 1,
            since: None,
            handled: None,
            handled_at: 0,
            done: Vec::new(),
            running: None,
        }
    }

    /// The next work; `None` once the buffer is closed.
    pub(super) async fn next(&mut self, hungry: bool) -> Option<(Place, Work)> {
        if let Some(next) = self.taken.pop_front() {
            return Some(next);
        }
        self.tell();
        self.running = None;
        let quick = self
            .since
            .take()
            .is_some_and(|since| since.elapsed() < QUICK);
        self.next = if quick { (self.next * 2).min(MOST) } else { 1 };
        let buffer = &self.topic.buffer;
        let (done, taken) = (&mut self.done, &mut self.taken);
        buffer.next(hungry, self.next, done, taken).await?;
        self.since = Some(Instant::now());
        self.taken.pop_front()
    }

    /// Enters the partition of a work that was `begun`: `false` if it was not, and nothing of it may be.
    pub(super) fn enter(&mut self, begun: Option<Running>) -> bool {
        let stays = matches!((&self.running, &begun), (Some(old), Some(new))
            if Arc::ptr_eq(old.partition(), new.partition()));
        if !stays {
            // Whoever waits for the partition that is left commits what was handled in it.
            self.tell();
        }
        self.running = begun;
        self.running.is_some()
    }

    /// Leaves the partition, to whoever goes on with a record of it.
    pub(super) fn leave(&mut self) -> Option<Running> {
        self.running.take()
    }

    /// A record was handled.
    pub(super) fn handled(&mut self, batch: &Arc<Batch>, index: usize) {
        if let Some((of, run)) = &mut self.handled
            && Arc::ptr_eq(of, batch)
            && run.end == index
        {
            run.end += 1;
            if run.len() < LONGEST_RUN && handling::now() == self.handled_at {
                return;
            }
            self.tell();
            return;
        }
        self.tell();
        self.handled = Some((Arc::clone(batch), index..index + 1));
        self.handled_at = handling::now();
    }

    /// A work is over, and its lane free.
    pub(super) fn done(&mut self, place: Place) {
        if let Place::Lane(_) = place {
            self.done.push(place);
        }
    }

    /// A handler is to be waited for: nothing that others may have is kept meanwhile.
    pub(super) fn wait(&mut self) {
        self.tell();
        self.since = None;
        if !self.taken.is_empty() || !self.done.is_empty() {
            let buffer = &self.topic.buffer;
            buffer.put_back(self.done.drain(..), self.taken.drain(..));
        }
    }

    /// Tells of what was handled.
    pub(super) fn tell(&mut self) {
        if let Some((batch, run)) = self.handled.take() {
            succeed(self.topic, &batch, run);
        }
    }
}

/// A worker that ends, or is ended, has told of what it has handled.
impl Drop for Hand<'_> {
    fn drop(&mut self) {
        self.wait();
    }
}
