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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use crate::lane::Partition;
    use crate::offset::Offset;
    use crate::record::{BatchBuilder, Timestamp};
    use crate::testing::cases;

    proptest! {
        #![proptest_config(cases(2_000))]

        /// Of any names and values, also empty ones, null ones and such as are not UTF-8, each record has its own.
        #[test]
        fn each_record_has_the_headers_that_were_sent(
            records in prop::collection::vec(
                prop::collection::vec(
                    ("[ab\u{e9}]{0,2}".prop_map(String::into_bytes).boxed().prop_union(
                        prop::collection::vec(any::<u8>(), 0..3).boxed()),
                     prop::option::of(prop::collection::vec(any::<u8>(), 0..4))),
                    0..6),
                1..4),
            wanted in "[ab\u{e9}]{0,2}",
        ) {
            let partition = Arc::new(Partition::new(Arc::from("topic"), 0, 1, || ()));
            let mut builder = BatchBuilder::with_capacity(0, 0);
            for (offset, headers) in (0..).zip(&records) {
                for (key, value) in headers {
                    builder.header(key, value.as_deref());
                }
                builder.push(Offset(offset), Timestamp::None, Some(b"key"), None);
            }
            let batch = builder.build(partition);
            for (index, sent) in records.iter().enumerate() {
                let headers = batch.headers(index);
                let read: Vec<_> = headers
                    .iter()
                    .map(|header| (header.key_bytes().to_vec(), header.value().map(<[u8]>::to_vec)))
                    .collect();
                prop_assert_eq!(&read, sent);
                prop_assert_eq!(headers.len(), sent.len());
                for header in headers.iter() {
                    prop_assert_eq!(header.key(), std::str::from_utf8(header.key_bytes()).ok());
                    let shown = format!("{header:?}");
                    prop_assert!(shown.starts_with("Header"), "{}", shown);
                }
                let last = sent.iter().rfind(|(key, _)| key == wanted.as_bytes());
                prop_assert_eq!(headers.get(&wanted), last.and_then(|(_, value)| value.as_deref()));
            }
        }
    }
}
