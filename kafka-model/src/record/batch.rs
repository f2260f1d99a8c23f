//! What one read of a partition's queue gave, copied into one arena.
//!
//! No native handle leaves the poll thread, and no fetch buffer stays pinned by a slow handler.

use std::ops::Range;
use std::sync::Arc;

use super::{Headers, Timestamp};
use crate::lane::Partition;
use crate::offset::{Offset, Ticket};

/// A range of a batch's arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: usize,
    len: usize,
}

impl Span {
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes
            .get(self.start..self.start + self.len)
            .unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderSpan {
    pub(super) key: Span,
    pub(super) value: Option<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: Offset,
    timestamp: Timestamp,
    key: Option<Span>,
    payload: Option<Span>,
    /// Where this record's headers end; they begin where the previous record's end.
    headers_end: usize,
}

/// What a record takes beside its bytes: here, and in the tracker, which has room to grow.
const RECORD_OVERHEAD: usize = size_of::<Entry>() + 32;

/// How many bytes more than it needs a part of a batch may have, or a quarter of what it needs.
const SLACK: usize = 4 << 10;

/// Gives memory back that would only be held.
fn give_back<T>(part: &mut Vec<T>) {
    let slack = (part.capacity() - part.len()) * size_of::<T>();
    if slack > SLACK.max(part.len() * size_of::<T>() / 4) {
        part.shrink_to_fit();
    }
}

/// Some records of one partition, in order, of one assignment.
pub(crate) struct Batch {
    partition: Arc<Partition>,
    /// The ticket of the first record; the others' follow it.
    first: Ticket,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    headers: Vec<HeaderSpan>,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn partition(&self) -> &Arc<Partition> {
        &self.partition
    }

    pub(crate) fn topic(&self) -> &str {
        self.partition.topic()
    }

    pub(crate) fn offset(&self, index: usize) -> Offset {
        self.entries[index].offset
    }

    #[cfg(test)]
    pub(crate) fn ticket(&self, index: usize) -> Ticket {
        self.first.behind(index)
    }

    pub(crate) fn tickets(&self, range: Range<usize>) -> impl Iterator<Item = Ticket> {
        range.map(|index| self.first.behind(index))
    }

    pub(crate) fn timestamp(&self, index: usize) -> Timestamp {
        self.entries[index].timestamp
    }

    pub(crate) fn key(&self, index: usize) -> Option<&[u8]> {
        self.entries[index].key.map(|span| span.of(&self.bytes))
    }

    pub(crate) fn payload(&self, index: usize) -> Option<&[u8]> {
        self.entries[index].payload.map(|span| span.of(&self.bytes))
    }

    pub(crate) fn headers(&self, index: usize) -> Headers<'_> {
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.entries[before].headers_end);
        Headers {
            bytes: &self.bytes,
            spans: &self.headers[start..self.entries[index].headers_end],
        }
    }

    /// How many bytes of memory the record at `index` holds, roughly.
    pub(crate) fn size(&self, index: usize) -> usize {
        let entry = &self.entries[index];
        let span = |span: Option<Span>| span.map_or(0, |span| span.len);
        let mut size = RECORD_OVERHEAD + span(entry.key) + span(entry.payload);
        if !self.headers.is_empty() {
            for header in self.headers(index).spans {
                size += size_of::<HeaderSpan>() + header.key.len + span(header.value);
            }
        }
        size
    }

    /// How many bytes of memory a record holds on average, roughly.
    pub(crate) fn average_size(&self) -> usize {
        let headers = self.headers.len() * size_of::<HeaderSpan>();
        RECORD_OVERHEAD + (self.bytes.len() + headers) / self.len().max(1)
    }
}

/// A batch that is being filled.
pub(crate) struct BatchBuilder {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    headers: Vec<HeaderSpan>,
}

impl BatchBuilder {
    /// A builder with room for `records` records of `bytes` bytes altogether.
    pub(crate) fn with_capacity(records: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(records),
            headers: Vec::new(),
        }
    }

    /// Copies a header of the record that [`push`](Self::push) will add next.
    pub(crate) fn header(&mut self, key: &[u8], value: Option<&[u8]>) {
        let header = HeaderSpan {
            key: self.copy(key),
            value: value.map(|value| self.copy(value)),
        };
        self.headers.push(header);
    }

    /// Copies a record; its headers were added before it.
    pub(crate) fn push(
        &mut self,
        offset: Offset,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
    ) {
        let entry = Entry {
            offset,
            timestamp,
            key: key.map(|key| self.copy(key)),
            payload: payload.map(|payload| self.copy(payload)),
            headers_end: self.headers.len(),
        };
        self.entries.push(entry);
    }

    /// How many records were copied.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes were copied.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The batch, of records of `partition`, which are delivered by that.
    pub(crate) fn build(mut self, partition: Arc<Partition>) -> Batch {
        give_back(&mut self.bytes);
        give_back(&mut self.entries);
        // All at once: while records are copied, workers settle others.
        let offsets = self.entries.iter().map(|entry| entry.offset);
        let first = partition.tracker().deliver_all(offsets);
        Batch {
            partition,
            first,
            bytes: self.bytes,
            entries: self.entries,
            headers: self.headers,
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span {
            start,
            len: bytes.len(),
        }
    }
}
