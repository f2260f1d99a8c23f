//! The message that is consumed and published.

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

/// The topic of all scenarios but for those with several types.
pub const TOPIC: &str = "bench-events";

/// What is consumed.
#[derive(Clone, Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "bench-events", key = name)]
pub struct Event {
    pub id: u64,
    pub name: String,
    pub body: String,
}

impl Event {
    /// One whose JSON has so many bytes, or as few as possible.
    pub fn of_size(id: u64, bytes: usize) -> Self {
        let name = format!("event-{:06}", id % 1_000_000);
        let mut event = Self {
            id: 100_000_000 + id,
            name,
            body: String::new(),
        };
        let others = serde_json::to_vec(&event).map_or(0, |json| json.len());
        event.body = "x".repeat(bytes.saturating_sub(others));
        event
    }

    /// As it is written.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event is JSON")
    }
}

/// The type on the shared consumer.
#[derive(KafkaModel)]
#[kafka(group_id = "bench")]
pub struct Shared {
    pub events: Topic<Event>,
}

/// The type on a consumer of its own.
#[derive(KafkaModel)]
pub struct Own {
    #[kafka(dedicated(group_id = "bench-own"))]
    pub events: Topic<Event>,
}
