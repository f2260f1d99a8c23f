//! The client's queue limits, from a stated budget of memory.
//!
//! librdkafka's limits hold for each partition: 64 MiB and 100,000 records (`queued.max.messages.kbytes`,
//! `queued.min.messages`), which is 6.4 GiB of allowance for 100 partitions. Here a service has one
//! budget (`memory_budget`): half of it is divided among the queues of its partitions, the other half is
//! what its types' buffers may hold.

/// The smallest queue that still lets fetches be of a sensible size.
const SMALLEST_QUEUE: usize = 64 << 10;
/// The largest queue that librdkafka accepts (`queued.max.messages.kbytes`).
const LARGEST_QUEUE: usize = 2_097_151 << 10;
/// librdkafka's default for `fetch.message.max.bytes`.
const LARGEST_FETCH: usize = 1 << 20;
/// What a queued record costs librdkafka beside its bytes (its operation and its message), so that many
/// small records keep to the budget too.
const RECORD_OVERHEAD: usize = 320;

/// What the client may prefetch of each partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `queued.max.messages.kbytes`.
    pub(crate) queue_kbytes: usize,
    /// `queued.min.messages`.
    pub(crate) queue_records: usize,
    /// `fetch.message.max.bytes`.
    pub(crate) fetch_bytes: usize,
}

impl Limits {
    /// The limits under which `partitions` partitions share half of `budget` bytes.
    ///
    /// A fetch is sent while the queue is below its limit, so a queue can exceed it by one fetch, which
    /// gets a quarter of the partition's share: the queue then has something to give while the next one
    /// is under way.
    pub(crate) fn share(budget: usize, partitions: usize) -> Self {
        let share = budget / 2 / partitions.max(1);
        let fetch_bytes = (share / 4).clamp(SMALLEST_QUEUE, LARGEST_FETCH);
        let queue = share
            .saturating_sub(fetch_bytes)
            .clamp(SMALLEST_QUEUE, LARGEST_QUEUE);
        Self {
            queue_kbytes: queue >> 10,
            queue_records: (queue / RECORD_OVERHEAD).clamp(128, 100_000),
            fetch_bytes,
        }
    }

    /// The bytes that the types' buffers of a service may hold, for each of `types` types.
    pub(crate) fn buffer_bytes(budget: usize, types: usize) -> usize {
        budget / 2 / types.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_keep_to_the_budget() {
        for partitions in [1, 3, 12, 48, 100, 500] {
            let limits = Limits::share(64 << 20, partitions);
            let all = partitions * ((limits.queue_kbytes << 10) + limits.fetch_bytes);
            assert!(
                all <= (32 << 20) || limits.queue_kbytes == 64,
                "{partitions}: {limits:?}"
            );
        }
        assert_eq!(Limits::share(64 << 20, 1).queue_kbytes, 31 << 10);
        assert_eq!(Limits::share(64 << 20, 1).fetch_bytes, 1 << 20);
        assert_eq!(Limits::share(1 << 40, 1).queue_kbytes, 2_097_151);
    }
}
