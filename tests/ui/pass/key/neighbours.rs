//! Fields, paths and variants that can be a key.

use std::borrow::Cow;

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Customer {
    pub id: (u64, String),
    pub name: Option<String>,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "a", key = customer.id.1)]
pub struct Path {
    pub customer: Box<Customer>,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "b", key = 0.1)]
pub struct Tuple((u8, u64), pub String);

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "c", key = id)]
pub enum Each {
    Placed { id: u64 },
    Cancelled { reason: String, id: String },
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "d", key = 0)]
pub enum Tuples {
    One(u64),
    Two(String, u8),
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "e", key = customer.name)]
pub struct Maybe {
    pub customer: Customer,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "f", key = r#type)]
pub struct Raw {
    pub r#type: char,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "g", key = id)]
pub struct Generic<K, T, const N: usize = 1> {
    pub id: K,
    pub data: Vec<T>,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "h", key = data)]
pub struct Bytes {
    pub data: Vec<u8>,
    pub other: Cow<'static, str>,
}

fn main() {
    fn key(message: &impl KafkaMessage) -> Option<String> {
        message
            .key()
            .map(|key| String::from_utf8_lossy(&key).into_owned())
    }
    let _ = (
        key(&Tuple((1, 2), String::new())),
        key(&Generic::<u8, bool> {
            id: 7,
            data: Vec::new(),
        }),
    );
}
