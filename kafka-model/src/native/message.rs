//! A message as librdkafka holds it.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::slice;

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{BorrowedMessage, Timestamp};

use super::{code, sys};

/// A message as librdkafka holds it, for as long as it is lent.
pub(crate) struct RawMessage<'a>(&'a sys::rd_kafka_message_t);

/// The message behind one that rdkafka holds.
pub(crate) fn raw<'a>(message: &'a BorrowedMessage<'_>) -> RawMessage<'a> {
    // SAFETY: rdkafka's pointer is never null, and lives as long as what it was borrowed from.
    RawMessage(unsafe { &*message.ptr() })
}

impl<'a> RawMessage<'a> {
    pub(super) fn new(message: &'a sys::rd_kafka_message_t) -> Self {
        Self(message)
    }

    /// The topic's name.
    pub(crate) fn topic(&self) -> &'a str {
        if self.0.rkt.is_null() {
            return "";
        }
        // SAFETY: the topic lives as long as the message; its name is a C string.
        unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(self.0.rkt)) }
            .to_str()
            .unwrap_or_default()
    }

    /// The partition's number.
    pub(crate) fn partition(&self) -> i32 {
        self.0.partition
    }

    /// The error that stands in the message's place, if it is none.
    pub(crate) fn error(&self) -> Option<RDKafkaErrorCode> {
        code(self.0.err)
    }

    /// librdkafka's words for an error that stands in the message's place.
    pub(crate) fn error_text(&self) -> String {
        // SAFETY: the message is alive; the text is null or a C string that lives as long.
        unsafe {
            let text = sys::rd_kafka_message_errstr(self.0);
            if text.is_null() {
                String::new()
            } else {
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        }
    }

    /// The record's offset.
    pub(crate) fn offset(&self) -> i64 {
        self.0.offset
    }

    /// The record's key; `None` for a null key.
    pub(crate) fn key(&self) -> Option<&'a [u8]> {
        bytes(self.0.key, self.0.key_len)
    }

    /// The record's payload; `None` for a tombstone.
    pub(crate) fn payload(&self) -> Option<&'a [u8]> {
        bytes(self.0.payload, self.0.len)
    }

    /// The record's timestamp.
    pub(crate) fn timestamp(&self) -> Timestamp {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.0, &raw mut kind) };
        match kind {
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => {
                Timestamp::CreateTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => {
                Timestamp::LogAppendTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => {
                Timestamp::NotAvailable
            }
        }
    }

    /// Lends each header to `each`: its key as bytes, and its value, `None` for a null one.
    pub(crate) fn headers(&self, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is alive, and so are its headers, which it owns.
        let error = unsafe { sys::rd_kafka_message_headers(self.0, &raw mut headers) };
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
            return;
        }
        let mut index = 0;
        loop {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the headers are alive; the three pointers are valid for writes.
            let error = unsafe {
                sys::rd_kafka_header_get_all(
                    headers,
                    index,
                    &raw mut name,
                    &raw mut value,
                    &raw mut size,
                )
            };
            if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
                return;
            }
            // SAFETY: a header's name is a C string that lives as long as the headers.
            let name = unsafe { CStr::from_ptr(name) };
            each(name.to_bytes(), bytes(value, size));
            index += 1;
        }
    }
}

fn bytes<'a>(data: *const c_void, len: usize) -> Option<&'a [u8]> {
    if data.is_null() {
        return None;
    }
    // SAFETY: pointer and length come together from librdkafka, out of a message that is borrowed
    // for at least as long as its callers lend the slice.
    Some(unsafe { slice::from_raw_parts(data.cast(), len) })
}
