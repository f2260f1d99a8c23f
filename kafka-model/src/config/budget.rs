//! The client's queue limits, from a stated budget of memory.
//!
//! librdkafka's limits hold for each partition: 64 MiB and 100,000 records (`queued.max.messages.kbytes`,
//! `queued.min.messages`), which is 6.4 GiB of allowance for 100 partitions. Here a service has one
//! budget (`memory_budget`): half of it is divided among the queues of its partitions, the other half is
//! what its types' buffers may hold.

/// The smallest queue and the smallest fetch, of a sensible size. Partitions of which each has less than its part of the
/// budget for them exceed it.
const SMALLEST: usize = 64 << 10;
/// The largest queue that librdkafka accepts (`queued.max.messages.kbytes`).
const LARGEST_QUEUE: usize = 2_097_151 << 10;
/// librdkafka's default for `fetch.message.max.bytes`.
const LARGEST_FETCH: usize = 1 << 20;
/// A broker's default for the largest record (`message.max.bytes`), which a fetch may bring whatever its limit is
/// (KIP-74).
const LARGE_RECORD: usize = 1 << 20;
/// A record of which a consumer has many. Those that are smaller still are not counted in full.
const SMALL_RECORD: usize = 100;
/// What a queued record costs librdkafka beside its bytes, its operation and its message: measured, with a million
/// records of 100 bytes in its queues.
const RECORD_OVERHEAD: usize = 420;

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
    /// A fetch is sent while the queue is below both of its limits, so a queue can exceed them by what one fetch
    /// brings: by a large record, or by small ones that take several times their bytes. A fetch is therefore a small
    /// part of the partition's share, of which the queue has then what is left.
    pub(crate) fn share(budget: usize, partitions: usize) -> Self {
        let share = budget / 2 / partitions.max(1);
        let fetch_bytes = (share / 8).clamp(SMALLEST, LARGEST_FETCH);
        let large = fetch_bytes.max(LARGE_RECORD.min(share / 2));
        let queue = share.saturating_sub(large).clamp(SMALLEST, LARGEST_QUEUE);
        let records = share / (SMALL_RECORD + RECORD_OVERHEAD);
        let brought = fetch_bytes / SMALL_RECORD;
        Self {
            queue_kbytes: queue >> 10,
            queue_records: records.saturating_sub(brought).clamp(128, 100_000),
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
        const BUDGET: usize = 64 << 20;
        for partitions in [1, 3, 12, 48, 60] {
            let limits = Limits::share(BUDGET, partitions);
            let records = limits.queue_records + limits.fetch_bytes / SMALL_RECORD;
            let small = partitions * records * (SMALL_RECORD + RECORD_OVERHEAD);
            assert!(small <= BUDGET / 2, "{partitions}: {limits:?}");
            let large = partitions * ((limits.queue_kbytes << 10) + limits.fetch_bytes);
            assert!(large <= BUDGET / 2, "{partitions}: {limits:?}");
        }
        assert_eq!(Limits::share(BUDGET, 1).queue_kbytes, 31 << 10);
        assert_eq!(Limits::share(BUDGET, 1).fetch_bytes, 1 << 20);
        let least = Limits::share(BUDGET, 1_000);
        assert_eq!((least.queue_kbytes, least.fetch_bytes), (64, 64 << 10));
        assert_eq!(Limits::share(1 << 40, 1).queue_kbytes, 2_097_151);
    }

    #[test]
    fn a_large_record_fits_beside_another() {
        let limits = Limits::share(64 << 20, 12);
        assert!((limits.queue_kbytes << 10) + LARGE_RECORD <= (32 << 20) / 12);
    }
}
