//! A record's headers.

use std::fmt;

use super::batch::HeaderSpan;

/// One header of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    key: &'a [u8],
    value: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    /// Its key, if it is UTF-8, as the protocol wants it (a producer can still send other bytes).
    #[must_use]
    pub fn key(&self) -> Option<&'a str> {
        std::str::from_utf8(self.key).ok()
    }

    /// Its key as it was sent.
    #[must_use]
    pub fn key_bytes(&self) -> &'a [u8] {
        self.key
    }

    /// Its value; `None` for a null value.
    #[must_use]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.value
    }
}

/// The key, but not the value, which may be confidential.
impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("key", &String::from_utf8_lossy(self.key))
            .finish_non_exhaustive()
    }
}

/// The headers of a record, in the order in which they were written. Keys may repeat.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) spans: &'a [HeaderSpan],
}

impl<'a> Headers<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Each in turn.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = Header<'a>> + ExactSizeIterator + use<'a> {
        let bytes = self.bytes;
        self.spans.iter().map(move |span| Header {
            key: span.key.of(bytes),
            value: span.value.map(|value| value.of(bytes)),
        })
    }

    /// The value of the last header with this key, which is the one that counts where a key repeats.
    /// `None` if there is no such header or its value is null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a [u8]> {
        self.iter()
            .rev()
            .find(|header| header.key == key.as_bytes())?
            .value
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
