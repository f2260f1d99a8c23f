//! The bounded buffer of one topic.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use super::delayed::Delayed;
#[cfg(test)]
use super::delayed::Due;
use super::partition::{Partition, Running};
use super::room::Room;
use super::schedule::{Item, Place, Schedule};
use crate::record::Batch;

/// Among how many takers what can be taken is divided.
const TAKERS: usize = 4;

/// For how many records workers are woken at once.
const WORTH_WAKING: usize = 64;

/// Some records of one batch that are handled one after the other.
pub(crate) struct Work {
    pub(crate) batch: Arc<Batch>,
    pub(crate) range: Range<usize>,
    /// How often the first of them was handed to a handler already.
    pub(crate) attempts: u32,
    /// The first of them is begun: it is handled even if the partition is being given up, which waits for it.
    pub(crate) begun: Option<Running>,
}

impl Work {
    /// Records that come for the first time.
    pub(crate) fn new(batch: &Arc<Batch>, range: Range<usize>) -> Self {
        Self {
            batch: Arc::clone(batch),
            range,
            attempts: 0,
            begun: None,
        }
    }

    fn bytes(&self) -> usize {
        self.range.clone().map(|index| self.batch.size(index)).sum()
    }
}

impl Item for Work {
    fn epoch(&self) -> u64 {
        self.batch.partition().epoch()
    }
}

/// The records of one topic that wait for a handler, and those that are being handled: never more than
/// `max_buffered` together.
pub(crate) struct Buffer {
    schedule: Mutex<Schedule<Work>>,
    /// What is not to be handled yet.
    delayed: Delayed<Work>,
    ready: Notify,
    /// How many workers are to be woken for what was pushed, and for how many records.
    owed: AtomicUsize,
    owed_records: AtomicUsize,
    closed: AtomicBool,
    room: Room,
    /// Tells the poll thread that there is room again.
    on_room: Box<dyn Fn() + Send + Sync>,
}

impl Buffer {
    /// A buffer for `capacity` records and, of more than one record, `byte_capacity` bytes, of which so many
    /// handlers take.
    pub(crate) fn new(
        capacity: usize,
        byte_capacity: usize,
        handlers: usize,
        on_room: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            schedule: Mutex::default(),
            delayed: Delayed::default(),
            ready: Notify::new(),
            owed: AtomicUsize::new(0),
            owed_records: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            room: Room::new(capacity, byte_capacity, handlers),
            on_room: Box::new(on_room),
        }
    }

    /// How many more records of `partition` may be added, if so many partitions share this buffer, and so many
    /// places are taken otherwise. If none may, `on_room` will be called once that is different.
    pub(crate) fn room(
        &self,
        partition: &Partition,
        partitions: usize,
        taken: impl Fn() -> usize,
    ) -> usize {
        let share = partition.share();
        self.room.look_or_ask(share, || {
            self.room.of(share, partitions).saturating_sub(taken())
        })
    }

    /// How many records of `size` bytes each the memory that is left is enough for: one at least.
    pub(crate) fn fitting(&self, size: usize) -> usize {
        self.room.fitting(size)
    }

    /// Adds records. There must be room, or the records be meant to displace others.
    ///
    /// Who pushes calls [`wake`](Self::wake) before it waits or does anything else that takes long. Many partitions that
    /// have a few records each would otherwise wake workers for each few, at the price of a system call.
    pub(crate) fn push(&self, items: impl IntoIterator<Item = (Place, Work)>) {
        let (mut wake, mut records) = (0, 0);
        {
            let mut schedule = self.schedule();
            let mut holding: Option<Holding> = None;
            // They are held before anyone can take them: nobody can while this lock is held.
            for (place, work) in items {
                records += work.range.len();
                match &mut holding {
                    Some(holding) if holding.is_of(&work) => holding.add(&work),
                    _ => {
                        let new = Holding::of(&work);
                        if let Some(full) = holding.replace(new) {
                            self.hold(&full);
                        }
                    }
                }
                wake += usize::from(schedule.push(place, work));
            }
            if let Some(holding) = holding {
                self.hold(&holding);
            }
        }
        self.owed.fetch_add(wake, Ordering::Relaxed);
        if self.owed_records.fetch_add(records, Ordering::Relaxed) + records >= WORTH_WAKING {
            self.wake();
        }
    }

    /// Wakes workers for what was pushed.
    pub(crate) fn wake(&self) {
        if self.owed_records.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.owed_records.store(0, Ordering::Relaxed);
        for _ in 0..self.owed.swap(0, Ordering::Relaxed) {
            self.ready.notify_one();
        }
    }

    /// Adds records that are not to be handled before a time, each with that time.
    pub(crate) fn push_delayed(&self, items: impl IntoIterator<Item = (SystemTime, Work)>) {
        let hold = |work: &Work| self.hold(&Holding::of(work));
        let items = items.into_iter().inspect(|(_, work)| hold(work));
        self.delayed.push(items);
    }

    /// Lets records that are due go to the workers, until the buffer is closed.
    pub(crate) async fn release_delayed(&self) {
        while let Some(due) = self.delayed.due().await {
            self.hand_over(due);
        }
    }

    /// The same, of what is due at `now`.
    #[cfg(test)]
    pub(super) fn release_due(&self, now: SystemTime) {
        if let Due::Now(due) = self.delayed.due_at(now) {
            self.hand_over(due);
        }
    }

    /// Lets workers have what is held already.
    fn hand_over(&self, due: Vec<Work>) {
        let mut wake = 0;
        {
            let mut schedule = self.schedule();
            for work in due {
                wake += usize::from(schedule.push(Place::Anywhere, work));
            }
        }
        for _ in 0..wake {
            self.ready.notify_one();
        }
    }

    fn hold(&self, holding: &Holding) {
        let share = holding.batch.partition().share();
        self.room.hold(share, holding.records, holding.bytes);
    }

    /// Gives back the lanes of `done`, and takes the next works, as soon as there is one: up to `most`, if there are as many
    /// for everyone who takes. `None` once the buffer is closed.
    ///
    /// Who is `hungry` while it waits has a record read for it as soon as there is room for one: all that
    /// is held may be in other hands, and be so for long. Otherwise half of the buffer is refilled at once,
    /// which is cheaper.
    pub(crate) async fn next(
        &self,
        hungry: bool,
        most: usize,
        done: &mut Vec<Place>,
        taken: &mut VecDeque<(Place, Work)>,
    ) -> Option<()> {
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return None;
            }
            if self.exchange(done, most, taken) {
                return Some(());
            }
            let notified = self.ready.notified();
            tokio::pin!(notified);
            // From here on a push wakes this very worker. A permit alone would not do: of two pushes that
            // find no waiter only one is kept.
            notified.as_mut().enable();
            if self.closed.load(Ordering::SeqCst) {
                return None;
            }
            if self.exchange(done, most, taken) {
                return Some(());
            }
            let _hungry = hungry.then(|| Hungry::of(self));
            notified.await;
        }
    }

    /// Gives lanes back, and takes works: one, and more if there are so many that others get as many. Whether there was
    /// one.
    ///
    /// Both at once: who gives a lane back goes on with it, and nobody is woken who would find nothing.
    ///
    /// What is taken is begun by that, if its partition is active. Works are taken one after the other, so when a
    /// partition is given up, what was begun of it has no gap that would have to be handled again.
    fn exchange(
        &self,
        done: &mut Vec<Place>,
        most: usize,
        taken: &mut VecDeque<(Place, Work)>,
    ) -> bool {
        let mut wake = 0;
        {
            let mut schedule = self.schedule();
            for place in done.drain(..) {
                wake += usize::from(schedule.done(place));
            }
            let share = match most {
                0 | 1 => 1,
                _ => (schedule.takeable() / TAKERS).clamp(1, most),
            };
            taken.extend((0..share).map_while(|_| {
                let (place, mut work) = schedule.take()?;
                work.begun = work.begun.or_else(|| work.batch.partition().enter());
                Some((place, work))
            }));
            wake = wake.min(schedule.takeable());
        }
        for _ in 0..wake {
            self.ready.notify_one();
        }
        !taken.is_empty()
    }

    /// Gives back lanes that work was taken from, and works that were taken and not looked at.
    pub(crate) fn put_back(
        &self,
        done: impl IntoIterator<Item = Place>,
        works: impl IntoIterator<Item = (Place, Work), IntoIter: DoubleEndedIterator>,
    ) {
        let mut wake = 0;
        {
            let mut schedule = self.schedule();
            for place in done {
                wake += usize::from(schedule.done(place));
            }
            for (place, work) in works.into_iter().rev() {
                schedule.put_back(place, work);
                wake += 1;
            }
        }
        for _ in 0..wake {
            self.ready.notify_one();
        }
    }

    /// Gives back the lane that work was taken from.
    pub(crate) fn done(&self, place: Place) {
        if self.schedule().done(place) {
            self.ready.notify_one();
        }
    }

    /// Gives back the lane that work was taken from, with work that is next in it.
    pub(crate) fn again(&self, place: Place, work: Work) {
        self.schedule().again(place, work);
        self.ready.notify_one();
    }

    /// A record of `batch` is no longer held: it was handled, or given up.
    pub(crate) fn release(&self, batch: &Batch, index: usize) {
        self.release_all(batch, index..index + 1);
    }

    /// The same for several records.
    pub(crate) fn release_all(&self, batch: &Batch, range: Range<usize>) {
        let records = range.len();
        if records == 0 {
            return;
        }
        let bytes: usize = range.map(|index| batch.size(index)).sum();
        let share = batch.partition().share();
        if self.room.release(share, records, bytes) {
            (self.on_room)();
        }
    }

    /// Removes what waits of an assignment and was not begun.
    pub(crate) fn purge(&self, epoch: u64) {
        self.purge_but(epoch, |work| work.begun.is_some());
    }

    /// Removes everything that waits of an assignment.
    pub(crate) fn purge_all(&self, epoch: u64) {
        self.purge_but(epoch, |_| false);
    }

    fn purge_but(&self, epoch: u64, keep: impl Fn(&Work) -> bool) {
        let mut purged = self.schedule().purge(epoch, keep);
        purged.extend(self.delayed.purge(epoch));
        for work in purged {
            self.release_all(&work.batch, work.range.clone());
        }
    }

    /// Takes back what has waited longest, to make room.
    pub(crate) fn pop_oldest(&self) -> Option<Work> {
        let work = self.schedule().pop_oldest()?;
        self.release_all(&work.batch, work.range.clone());
        Some(work)
    }

    /// Whether the service was shut down, so that nothing more comes.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// How many records are held: waiting or being handled.
    pub(crate) fn held(&self) -> usize {
        self.room.held()
    }

    /// Ends the waiting of all workers; what waits stays unhandled.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.ready.notify_waiters();
        self.delayed.close();
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule<Work>> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places that works of one batch take.
struct Holding {
    batch: Arc<Batch>,
    records: usize,
    bytes: usize,
}

impl Holding {
    fn of(work: &Work) -> Self {
        Self {
            batch: Arc::clone(&work.batch),
            records: work.range.len(),
            bytes: work.bytes(),
        }
    }

    fn is_of(&self, work: &Work) -> bool {
        Arc::ptr_eq(&self.batch, &work.batch)
    }

    fn add(&mut self, work: &Work) {
        self.records += work.range.len();
        self.bytes += work.bytes();
    }
}

/// Someone who is hungry, until it is dropped.
struct Hungry<'a>(&'a Buffer);

impl<'a> Hungry<'a> {
    fn of(buffer: &'a Buffer) -> Self {
        if buffer.room.hunger() {
            (buffer.on_room)();
        }
        Self(buffer)
    }
}

impl Drop for Hungry<'_> {
    fn drop(&mut self) {
        self.0.room.fed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{LaneKey, Partition};
    use crate::offset::Offset;
    use crate::record::{BatchBuilder, Timestamp};
    use std::sync::atomic::AtomicU64;

    fn partition(epoch: u64) -> Arc<Partition> {
        Arc::new(Partition::new(Arc::from("topic"), 0, epoch, || ()))
    }

    /// The next `records` records of a partition, of 100 bytes each.
    fn batch(partition: &Arc<Partition>, first: i64, records: i64) -> Arc<Batch> {
        let mut builder = BatchBuilder::with_capacity(0, 0);
        for offset in (first..first + records).map(Offset) {
            builder.push(offset, Timestamp::None, None, Some(&[0; 100]));
        }
        Arc::new(builder.build(Arc::clone(partition)))
    }

    fn work(batch: &Arc<Batch>) -> (Place, Work) {
        let epoch = batch.partition().epoch();
        let range = 0..batch.len();
        (
            Place::Lane(LaneKey { epoch, key: 0 }),
            Work::new(batch, range),
        )
    }

    #[test]
    fn partitions_that_are_stuck_leave_the_last_one_room() {
        let buffer = Buffer::new(100, usize::MAX, 16, || ());
        let mut held = Vec::new();
        for epoch in 0..3 {
            let stuck = partition(epoch);
            let mut next = 0;
            while buffer.room(&stuck, 4, || 0) > 0 {
                buffer.push([work(&batch(&stuck, next, 1))]);
                next += 1;
            }
            held.push(stuck.held());
        }
        assert_eq!(
            held,
            [50, 16, 16],
            "the first has the half that is for all, the others a share"
        );
        assert!(
            buffer.room(&partition(3), 4, || 0) >= 16,
            "and so has the last"
        );
    }

    #[test]
    fn bytes_that_are_used_up_leave_each_partition_a_record() {
        let buffer = Buffer::new(100, 1_000, 16, || ());
        let big = partition(1);
        buffer.push([work(&batch(&big, 0, 20))]);
        assert_eq!(buffer.room(&big, 2, || 0), 0);
        assert_eq!(buffer.room(&partition(2), 2, || 0), 1);
    }

    #[test]
    fn a_buffer_holds_no_more_than_it_may() {
        let buffer = Buffer::new(10, 1_000, 16, || ());
        let big = partition(1);
        assert_eq!(buffer.room(&big, 1, || 0), 10);
        assert_eq!(buffer.room(&big, 1, || 7), 3, "what is taken otherwise");
        assert_eq!(buffer.room(&big, 100, || 0), 1, "each of many may have one");
        buffer.push([work(&batch(&big, 0, 9))]);
        assert_eq!(buffer.room(&big, 1, || 0), 0, "by bytes");
    }

    #[test]
    fn the_poll_thread_is_told_of_room() {
        let told = Arc::new(AtomicU64::new(0));
        let telling = Arc::clone(&told);
        let buffer = Buffer::new(4, usize::MAX, 16, move || {
            telling.fetch_add(1, Ordering::SeqCst);
        });
        let partition = partition(1);
        let full = batch(&partition, 0, 4);
        buffer.push([work(&full)]);
        assert_eq!(buffer.room(&partition, 1, || 0), 0);
        buffer.release(&full, 0);
        assert_eq!(told.load(Ordering::SeqCst), 0, "not before half is free");
        buffer.release(&full, 1);
        assert_eq!(told.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn each_of_two_lanes_wakes_a_worker() {
        let buffer = Buffer::new(1_000, usize::MAX, 16, || ());
        let (mut one, mut other) = (VecDeque::new(), VecDeque::new());
        let (mut no_lanes, mut none_either) = (Vec::new(), Vec::new());
        let mut first = std::pin::pin!(buffer.next(false, 1, &mut no_lanes, &mut one));
        let mut second = std::pin::pin!(buffer.next(false, 1, &mut none_either, &mut other));
        assert!(futures_util::poll!(first.as_mut()).is_pending());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        buffer.push([1, 2].map(|epoch| work(&batch(&partition(epoch), 0, 1))));
        buffer.wake();
        assert!(futures_util::poll!(first).is_ready());
        assert!(futures_util::poll!(second).is_ready());
    }

    #[tokio::test]
    async fn closing_ends_every_wait() {
        let buffer = Arc::new(Buffer::new(1, usize::MAX, 16, || ()));
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                tokio::spawn({
                    let buffer = Arc::clone(&buffer);
                    async move {
                        buffer
                            .next(false, 1, &mut Vec::new(), &mut VecDeque::new())
                            .await
                            .is_none()
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        buffer.close();
        for ended in waiting {
            assert!(ended.await.unwrap());
        }
    }
}
