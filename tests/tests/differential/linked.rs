//! The librdkafka that is linked.

use std::ffi::CStr;

use kafka_model_core::Features;
use rdkafka::ClientConfig;
use rdkafka::bindings::{
    rd_kafka_conf_dump, rd_kafka_conf_dump_free, rd_kafka_topic_conf_destroy,
    rd_kafka_topic_conf_dump, rd_kafka_topic_conf_new,
};
use rdkafka::config::NativeClientConfig;
use rdkafka::error::KafkaResult;

/// What this build of librdkafka can do, by its own word.
pub fn features() -> Features {
    let builtin = ClientConfig::new()
        .create_native_config()
        .and_then(|config| config.get("builtin.features"))
        .expect("a property of every build");
    let has = |name: &str| builtin.split(',').any(|feature| feature.trim() == name);
    Features {
        ssl: has("ssl"),
        zstd: has("zstd"),
        gssapi: has("sasl_gssapi"),
        curl: has("oidc"),
    }
}

/// librdkafka's configuration, after `property` is set.
pub fn set(property: &str, value: &str) -> KafkaResult<NativeClientConfig> {
    ClientConfig::new()
        .set(property, value)
        .create_native_config()
}

/// librdkafka's default of `property`.
pub fn default(property: &str) -> KafkaResult<String> {
    // The defaults of topics are not there before a property of topics is set.
    ClientConfig::new()
        .set("request.timeout.ms", "30000")
        .create_native_config()?
        .get(property)
}

/// The names of all properties, but for aliases.
pub fn properties() -> Vec<String> {
    let config = ClientConfig::new()
        .create_native_config()
        .expect("an empty configuration");
    let mut names = Vec::new();
    let mut count = 0;
    // SAFETY: each pointer comes from librdkafka just before, is used while its owner lives, and is
    // freed once by the function that goes with it.
    #[allow(unsafe_code, reason = "the safe interface cannot list properties")]
    unsafe {
        let dump = rd_kafka_conf_dump(config.ptr(), &raw mut count);
        names.extend(
            (0..count)
                .step_by(2)
                .map(|i| CStr::from_ptr(*dump.add(i)).to_string_lossy().into_owned()),
        );
        rd_kafka_conf_dump_free(dump, count);
        let topic = rd_kafka_topic_conf_new();
        let dump = rd_kafka_topic_conf_dump(topic, &raw mut count);
        names.extend(
            (0..count)
                .step_by(2)
                .map(|i| CStr::from_ptr(*dump.add(i)).to_string_lossy().into_owned()),
        );
        rd_kafka_conf_dump_free(dump, count);
        rd_kafka_topic_conf_destroy(topic);
    }
    names
}
