//! What a client knows and rdkafka does not ask it.

use std::ffi::CString;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};

use zeroize::Zeroize as _;

use super::sys;

/// The low and the high watermark of a partition as last fetched, without asking the broker; `None`
/// if nothing was fetched yet.
pub(crate) fn cached_watermarks<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
) -> Option<(i64, i64)> {
    let topic = CString::new(topic).ok()?;
    let (mut low, mut high) = (-1, -1);
    // SAFETY: the client is alive, the topic is a C string, and both numbers are valid for writes.
    let error = unsafe {
        sys::rd_kafka_get_watermark_offsets(
            consumer.client().native_ptr(),
            topic.as_ptr(),
            partition,
            &raw mut low,
            &raw mut high,
        )
    };
    (error == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0)
        .then_some((low, high))
}

/// The generation of the group, or the member epoch of KIP-848, that this consumer is a member with; `None` if it is none.
pub(crate) fn generation<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> Option<i32> {
    // SAFETY: the client is alive; what it returns is ours, is null if the client is in no group, and is destroyed after
    // its last use.
    let generation = unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return None;
        }
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        generation
    };
    (generation > 0).then_some(generation)
}

/// Gives a client another user and password, which it uses from its next connection on.
pub(crate) fn set_credentials<C: rdkafka::ClientContext>(
    client: &rdkafka::client::Client<C>,
    user: &str,
    password: &str,
) {
    let (Ok(user), Ok(password)) = (CString::new(user), CString::new(password)) else {
        return;
    };
    // SAFETY: the client is alive, both are C strings, which librdkafka copies, and the error is destroyed once, if there
    // is one (there is none but for missing strings).
    unsafe {
        let error = sys::rd_kafka_sasl_set_credentials(
            client.native_ptr(),
            user.as_ptr(),
            password.as_ptr(),
        );
        if !error.is_null() {
            sys::rd_kafka_error_destroy(error);
        }
    }
    // The copy of it is overwritten.
    password.into_bytes().zeroize();
}

/// Lets the groups of the mock cluster that `client` owns start without the three seconds that it
/// waits for further members by default. Returns whether `client` owns one.
#[cfg(feature = "embedded")]
pub(crate) fn join_mock_groups_at_once<C: rdkafka::ClientContext>(
    client: &rdkafka::client::Client<C>,
) -> bool {
    // SAFETY: the client is alive, and owns the cluster that it returns.
    unsafe {
        let cluster = sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if cluster.is_null() {
            return false;
        }
        sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
        true
    }
}

/// Has the mock cluster that `client` owns answer the next requests of one kind, by Kafka's number of it, with
/// these errors. Returns whether `client` owns one.
#[cfg(feature = "embedded")]
pub(crate) fn fail_mock_requests<C: rdkafka::ClientContext>(
    client: &rdkafka::client::Client<C>,
    api_key: i16,
    errors: &[sys::rd_kafka_resp_err_t],
) -> bool {
    // SAFETY: the client is alive, and owns the cluster that it returns; librdkafka copies the errors.
    unsafe {
        let cluster = sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if cluster.is_null() {
            return false;
        }
        sys::rd_kafka_mock_push_request_errors_array(
            cluster,
            api_key,
            errors.len(),
            errors.as_ptr(),
        );
        true
    }
}
