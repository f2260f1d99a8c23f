//! What a record consists of, and how it is known again.

use super::random::{Random, hash};

/// A key's text.
#[must_use]
pub fn key(number: u32) -> String {
    format!("k{number}")
}

/// A key's number, if it is one of ours.
#[must_use]
pub fn key_number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text)
        .ok()?
        .strip_prefix('k')?
        .parse()
        .ok()
}

/// What fills a record up: of random length and content, which follow from its id.
#[must_use]
pub fn body(seed: u64, id: u64) -> String {
    let mut random = Random::new(seed ^ id.rotate_left(32));
    let length = random.between(10, 300);
    (0..length)
        .map(|_| char::from(b'a' + u8::try_from(random.below(26)).expect("a letter")))
        .collect()
}

/// By which what was sent and what came are compared.
#[must_use]
pub fn fingerprint(key: &[u8], id: u64, body: &str) -> u64 {
    hash(&[key, &id.to_le_bytes(), body.as_bytes()])
}

/// A record's payload.
#[must_use]
pub fn payload(id: u64, key: &str, body: &str) -> String {
    format!(r#"{{"id":{id},"key":"{key}","body":"{body}"}}"#)
}
