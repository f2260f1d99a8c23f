//! Requests that are written byte by byte: for records that no client library would send.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::SOON;

/// Produces one record to a partition of a broker that leads it, with headers whose keys may be any bytes,
/// and returns its offset.
///
/// # Panics
/// If the broker does not accept it.
pub fn produce_raw(
    address: &str,
    topic: &str,
    partition: i32,
    payload: &[u8],
    headers: &[(&[u8], Option<&[u8]>)],
) -> i64 {
    produce_batch(address, topic, partition, &batch(payload, headers))
}

/// Produces one record whose checksum is wrong, and returns its offset. Only the embedded broker takes it.
///
/// # Panics
/// If the broker does not accept it.
pub fn produce_corrupt(address: &str, topic: &str, partition: i32, payload: &[u8]) -> i64 {
    let mut batch = batch(payload, &[]);
    let last = batch.len() - 2;
    batch[last] ^= 1;
    produce_batch(address, topic, partition, &batch)
}

fn produce_batch(address: &str, topic: &str, partition: i32, batch: &[u8]) -> i64 {
    let mut request = Vec::new();
    // Produce, version 3, correlation id 1, no client id.
    request.extend([0, 0, 0, 3, 0, 0, 0, 1, 0xff, 0xff]);
    // No transaction, acknowledged by all, within 10 s.
    request.extend([0xff, 0xff, 0xff, 0xff]);
    request.extend(10_000_i32.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(u16::try_from(topic.len()).unwrap().to_be_bytes());
    request.extend(topic.as_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(partition.to_be_bytes());
    request.extend(length(batch));
    request.extend(batch);

    let mut broker = TcpStream::connect(address).expect("the broker");
    broker.set_read_timeout(Some(SOON)).unwrap();
    broker.write_all(&length(&request)).unwrap();
    broker.write_all(&request).unwrap();
    let mut size = [0; 4];
    broker.read_exact(&mut size).expect("an answer");
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(size)).unwrap()];
    broker.read_exact(&mut answer).expect("an answer");
    // Correlation id, one topic, its name, one partition, its number.
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    let error = i16::from_be_bytes(answer[at..at + 2].try_into().unwrap());
    assert_eq!(error, 0, "the broker refused the record");
    i64::from_be_bytes(answer[at + 2..at + 10].try_into().unwrap())
}

/// A record batch (version 2) of one record.
fn batch(payload: &[u8], headers: &[(&[u8], Option<&[u8]>)]) -> Vec<u8> {
    let mut record = Vec::new();
    record.push(0);
    varint(&mut record, 0);
    varint(&mut record, 0);
    // No key.
    varint(&mut record, -1);
    bytes(&mut record, payload);
    varint(&mut record, i64::try_from(headers.len()).unwrap());
    for (key, value) in headers {
        bytes(&mut record, key);
        match value {
            Some(value) => bytes(&mut record, value),
            None => varint(&mut record, -1),
        }
    }
    // What the checksum is of.
    let mut sum = Vec::new();
    sum.extend(0_i16.to_be_bytes());
    sum.extend(0_i32.to_be_bytes());
    // First and last timestamp, in milliseconds.
    sum.extend(1_700_000_000_000_i64.to_be_bytes());
    sum.extend(1_700_000_000_000_i64.to_be_bytes());
    // No producer id, epoch or sequence.
    sum.extend([0xff; 14]);
    sum.extend(1_i32.to_be_bytes());
    varint(&mut sum, i64::try_from(record.len()).unwrap());
    sum.extend(record);

    let mut batch = Vec::new();
    batch.extend(0_i64.to_be_bytes());
    batch.extend(i32::try_from(4 + 1 + 4 + sum.len()).unwrap().to_be_bytes());
    batch.extend((-1_i32).to_be_bytes());
    batch.push(2);
    batch.extend(crc32c(&sum).to_be_bytes());
    batch.extend(sum);
    batch
}

fn length(bytes: &[u8]) -> [u8; 4] {
    i32::try_from(bytes.len()).unwrap().to_be_bytes()
}

fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    varint(to, i64::try_from(bytes.len()).unwrap());
    to.extend(bytes);
}

/// Zigzag, then seven bits at a time.
#[allow(clippy::cast_sign_loss, reason = "that is what zigzag is")]
fn varint(to: &mut Vec<u8>, number: i64) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left > 0x7f {
        to.push(0x80 | u8::try_from(left & 0x7f).unwrap());
        left >>= 7;
    }
    to.push(u8::try_from(left).unwrap());
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0x82f6_3b78
            } else {
                sum >> 1
            }
        })
    })
}
