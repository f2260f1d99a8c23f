//! Types that own their data.

use kafka_model::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "a")]
pub struct Text {
    pub text: String,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "b")]
pub struct Static {
    #[serde(skip)]
    pub name: Option<&'static str>,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "c")]
pub struct Unit;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "d")]
pub enum Empty {}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "e")]
pub struct Generic<T: Clone>
where
    T: Default,
{
    pub of: T,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "f")]
#[deprecated]
pub struct Old {
    pub id: u64,
}

macro_rules! message {
    ($name:ident, $topic:literal, $key:ident, $limit:expr) => {
        #[derive(Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = $topic, key = $key, max_buffered = $limit)]
        pub struct $name {
            pub $key: u64,
        }
    };
}

message!(FromMacro, "g", id, 100);

fn main() {}
