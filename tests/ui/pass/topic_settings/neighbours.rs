//! How topics are created, just within the rules, at every level.
#![allow(dead_code)]

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "all-in-one", partitions = 1, replication = 1))]
struct AllInOne;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "name-only"))]
struct NameOnly;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "apart", topic(partitions = 1_000_000), topic(replication = 32_767))]
struct Apart;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(
    name = "configs",
    partitions = 6,
    replication = 3,
    min_insync_replicas = 3,
    cleanup_policy = "compact,delete",
    retention_ms = -1,
    retention_bytes = "1GiB",
    delete_retention_ms = "1d",
    segment_bytes = "1MiB",
    min_compaction_lag_ms = "1h",
    max_compaction_lag_ms = "1h",
    min_cleanable_dirty_ratio = 1,
    compression_type = "lz4",
    compression_gzip_level = -1,
    message_timestamp_type = "LogAppendTime",
    max_message_bytes = "2MiB",
    preallocate = true,
))]
struct Configs;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(
    name = "tiered",
    remote_storage_enable = true,
    retention_ms = "7d",
    local_retention_ms = "7d",
    local_retention_bytes = -2,
    retention_bytes = 1,
))]
struct Tiered;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic(name = "own", partitions = 3), dedicated(group_id = "own"))]
struct Own;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "published")]
struct Published;

/// The model's are defaults, a field's go over all others, also where it is only published to.
#[derive(KafkaModel)]
#[kafka(group_id = "service", topic(replication = 3, min_insync_replicas = 2))]
struct Service {
    #[kafka(topic(min_insync_replicas = 1))]
    all_in_one: Topic<AllInOne>,
    name_only: Topic<NameOnly>,
    apart: Topic<Apart>,
    configs: Topic<Configs>,
    tiered: Topic<Tiered>,
    #[kafka(topic(partitions = 12), dedicated(max_buffered = 10))]
    own: Topic<Own>,
    #[kafka(publish_only, topic(partitions = 1, retention_ms = "1h"))]
    published: Topic<Published>,
}

fn main() {}
