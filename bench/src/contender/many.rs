//! Fifty types, each on a consumer of its own.

use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering};

use kafka_model::{Kafka, KafkaBuilder, KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

use super::client::Client;

/// The topics of the types.
pub use types::TOPICS;

/// How many records were handled.
pub static HANDLED: AtomicU64 = AtomicU64::new(0);

fn attach<T: KafkaMessage>(topic: &Topic<T>) {
    topic
        .handle(|event: T| {
            std::hint::black_box(&event);
            HANDLED.fetch_add(1, Ordering::Relaxed);
            ready(())
        })
        .expect("a handler");
}

/// The first `count` of the types, with handlers that count, each in a group that was never there before.
pub fn register(builder: KafkaBuilder, count: usize) -> Kafka {
    let builder = types::KEYS[..count]
        .iter()
        .fold(builder, |builder, key| builder.set(key, Client::group()));
    let kafka = builder.build();
    for register in &types::REGISTER[..count] {
        register(&kafka);
    }
    kafka
}

/// Whether each service has its partitions.
pub fn is_assigned(kafka: &Kafka, partitions: usize) -> bool {
    let status = kafka.status();
    let assigned = status.topics().map(|topic| topic.partitions.len());
    assigned.sum::<usize>() == partitions
}

macro_rules! types {
    ($($type:ident $model:ident $topic:literal $key:literal,)*) => {
        mod types {
            use super::*;

            pub const TOPICS: &[&str] = &[$($topic),*];
            pub(super) const KEYS: &[&str] = &[$($key),*];
            pub(super) const REGISTER: &[fn(&Kafka)] = &[$(
                |kafka| attach(&$model::register_all(kafka).expect("a model").events)
            ),*];

            $(
                #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
                #[kafka(topic = $topic)]
                struct $type {
                    id: u64,
                    name: String,
                    body: String,
                }

                #[derive(KafkaModel)]
                struct $model {
                    #[kafka(dedicated(group_id = $topic))]
                    events: Topic<$type>,
                }
            )*
        }
    };
}

types! {
    Event00 Model00 "bench-many-00" "model00.events.group_id",
    Event01 Model01 "bench-many-01" "model01.events.group_id",
    Event02 Model02 "bench-many-02" "model02.events.group_id",
    Event03 Model03 "bench-many-03" "model03.events.group_id",
    Event04 Model04 "bench-many-04" "model04.events.group_id",
    Event05 Model05 "bench-many-05" "model05.events.group_id",
    Event06 Model06 "bench-many-06" "model06.events.group_id",
    Event07 Model07 "bench-many-07" "model07.events.group_id",
    Event08 Model08 "bench-many-08" "model08.events.group_id",
    Event09 Model09 "bench-many-09" "model09.events.group_id",
    Event10 Model10 "bench-many-10" "model10.events.group_id",
    Event11 Model11 "bench-many-11" "model11.events.group_id",
    Event12 Model12 "bench-many-12" "model12.events.group_id",
    Event13 Model13 "bench-many-13" "model13.events.group_id",
    Event14 Model14 "bench-many-14" "model14.events.group_id",
    Event15 Model15 "bench-many-15" "model15.events.group_id",
    Event16 Model16 "bench-many-16" "model16.events.group_id",
    Event17 Model17 "bench-many-17" "model17.events.group_id",
    Event18 Model18 "bench-many-18" "model18.events.group_id",
    Event19 Model19 "bench-many-19" "model19.events.group_id",
    Event20 Model20 "bench-many-20" "model20.events.group_id",
    Event21 Model21 "bench-many-21" "model21.events.group_id",
    Event22 Model22 "bench-many-22" "model22.events.group_id",
    Event23 Model23 "bench-many-23" "model23.events.group_id",
    Event24 Model24 "bench-many-24" "model24.events.group_id",
    Event25 Model25 "bench-many-25" "model25.events.group_id",
    Event26 Model26 "bench-many-26" "model26.events.group_id",
    Event27 Model27 "bench-many-27" "model27.events.group_id",
    Event28 Model28 "bench-many-28" "model28.events.group_id",
    Event29 Model29 "bench-many-29" "model29.events.group_id",
    Event30 Model30 "bench-many-30" "model30.events.group_id",
    Event31 Model31 "bench-many-31" "model31.events.group_id",
    Event32 Model32 "bench-many-32" "model32.events.group_id",
    Event33 Model33 "bench-many-33" "model33.events.group_id",
    Event34 Model34 "bench-many-34" "model34.events.group_id",
    Event35 Model35 "bench-many-35" "model35.events.group_id",
    Event36 Model36 "bench-many-36" "model36.events.group_id",
    Event37 Model37 "bench-many-37" "model37.events.group_id",
    Event38 Model38 "bench-many-38" "model38.events.group_id",
    Event39 Model39 "bench-many-39" "model39.events.group_id",
    Event40 Model40 "bench-many-40" "model40.events.group_id",
    Event41 Model41 "bench-many-41" "model41.events.group_id",
    Event42 Model42 "bench-many-42" "model42.events.group_id",
    Event43 Model43 "bench-many-43" "model43.events.group_id",
    Event44 Model44 "bench-many-44" "model44.events.group_id",
    Event45 Model45 "bench-many-45" "model45.events.group_id",
    Event46 Model46 "bench-many-46" "model46.events.group_id",
    Event47 Model47 "bench-many-47" "model47.events.group_id",
    Event48 Model48 "bench-many-48" "model48.events.group_id",
    Event49 Model49 "bench-many-49" "model49.events.group_id",
}
