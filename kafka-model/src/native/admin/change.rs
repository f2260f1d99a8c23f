//! Topics that are created, partitions that are added, configs that are set.

use std::ffi::CString;
use std::ptr::{self, NonNull};

use rdkafka::consumer::ConsumerContext;

use super::super::{code, sys};
use super::describe::{Resources, resource_error};
use super::{Admin, AdminError, items, text};

/// A topic to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewTopic {
    pub(crate) topic: String,
    /// `None`: as many as the broker gives by default.
    pub(crate) partitions: Option<i32>,
    /// `None`: as many as the broker gives by default.
    pub(crate) replication: Option<i32>,
    /// Kafka's names and values.
    pub(crate) configs: Vec<(String, String)>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicResult {
    pub(crate) topic: String,
    pub(crate) error: Option<AdminError>,
}

impl<C: ConsumerContext> Admin<'_, C> {
    /// Creates `topics`, of which none may be there twice.
    pub(crate) fn create_topics(
        &self,
        topics: &[NewTopic],
    ) -> Result<Vec<TopicResult>, AdminError> {
        let mut new = NewTopics::default();
        for topic in topics {
            new.add(topic)?;
        }
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS,
            |rk, options, queue| {
                // SAFETY: the topics live through the call, which copies them; client, options and queue are alive.
                unsafe {
                    sys::rd_kafka_CreateTopics(rk, new.0.as_mut_ptr(), new.0.len(), options, queue);
                }
            },
            |event| {
                let mut count = 0;
                // SAFETY: the event is alive and of this kind (null otherwise); what it gives lives as long, and
                // `count` is how many results there are.
                unsafe {
                    let result = sys::rd_kafka_event_CreateTopics_result(event.as_ptr());
                    if result.is_null() {
                        return Vec::new();
                    }
                    let topics = sys::rd_kafka_CreateTopics_result_topics(result, &raw mut count);
                    results(&items(topics.cast_const(), count))
                }
            },
        )
    }

    /// Gives topics, of which none may be there twice, so many partitions in all.
    pub(crate) fn create_partitions(
        &self,
        totals: &[(String, usize)],
    ) -> Result<Vec<TopicResult>, AdminError> {
        let mut new = NewPartitions::default();
        for (topic, total) in totals {
            new.add(topic, *total)?;
        }
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
            |rk, options, queue| {
                // SAFETY: the requests live through the call, which copies them; client, options and queue are
                // alive.
                unsafe {
                    sys::rd_kafka_CreatePartitions(
                        rk,
                        new.0.as_mut_ptr(),
                        new.0.len(),
                        options,
                        queue,
                    );
                }
            },
            |event| {
                let mut count = 0;
                // SAFETY: as above.
                unsafe {
                    let result = sys::rd_kafka_event_CreatePartitions_result(event.as_ptr());
                    if result.is_null() {
                        return Vec::new();
                    }
                    let topics =
                        sys::rd_kafka_CreatePartitions_result_topics(result, &raw mut count);
                    results(&items(topics.cast_const(), count))
                }
            },
        )
    }

    /// Sets these configs, by Kafka's names, of topics of which none may be there twice; others stay (KIP-339).
    pub(crate) fn set_configs(
        &self,
        topics: &[(String, Vec<(String, String)>)],
    ) -> Result<Vec<TopicResult>, AdminError> {
        let mut resources = Resources::of(topics.iter().map(|(topic, _)| topic.as_str()));
        for (resource, (_, configs)) in resources.0.iter().zip(topics) {
            for (name, value) in configs {
                let (name, value) = (c_string(name)?, c_string(value)?);
                // SAFETY: the resource is alive, and copies both texts; an error is ours, and destroyed.
                unsafe {
                    let error = sys::rd_kafka_ConfigResource_add_incremental_config(
                        *resource,
                        name.as_ptr(),
                        sys::rd_kafka_AlterConfigOpType_t::RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET,
                        value.as_ptr(),
                    );
                    if let Some(refused) = super::error(error) {
                        sys::rd_kafka_error_destroy(error);
                        return Err(refused);
                    }
                }
            }
        }
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS,
            |rk, options, queue| {
                // SAFETY: the resources live through the call, which copies them; client, options and queue are
                // alive.
                unsafe {
                    sys::rd_kafka_IncrementalAlterConfigs(
                        rk,
                        resources.0.as_mut_ptr(),
                        resources.0.len(),
                        options,
                        queue,
                    );
                }
            },
            altered,
        )
    }
}

fn altered(event: NonNull<sys::rd_kafka_event_t>) -> Vec<TopicResult> {
    let mut count = 0;
    // SAFETY: the event is alive and of this kind (null otherwise); what it gives lives as long, and `count` is how
    // many resources there are.
    unsafe {
        let result = sys::rd_kafka_event_IncrementalAlterConfigs_result(event.as_ptr());
        if result.is_null() {
            return Vec::new();
        }
        let resources =
            sys::rd_kafka_IncrementalAlterConfigs_result_resources(result, &raw mut count);
        items(resources.cast_const(), count)
            .into_iter()
            .filter_map(|resource| {
                Some(TopicResult {
                    topic: text(sys::rd_kafka_ConfigResource_name(resource))?,
                    error: resource_error(resource),
                })
            })
            .collect()
    }
}

/// What became of each topic.
///
/// # Safety
/// The results must be alive.
unsafe fn results(topics: &[*const sys::rd_kafka_topic_result_t]) -> Vec<TopicResult> {
    topics
        .iter()
        .filter_map(|topic| {
            // SAFETY: the result is alive, and its texts live as long.
            unsafe {
                let name = text(sys::rd_kafka_topic_result_name(*topic))?;
                let reason = text(sys::rd_kafka_topic_result_error_string(*topic));
                let code = code(sys::rd_kafka_topic_result_error(*topic));
                Some(TopicResult {
                    topic: name,
                    error: code.map(|code| AdminError {
                        code: Some(code),
                        reason: reason.unwrap_or_else(|| code.to_string()),
                    }),
                })
            }
        })
        .collect()
}

/// Topics to be created, destroyed on drop.
#[derive(Default)]
struct NewTopics(Vec<*mut sys::rd_kafka_NewTopic_t>);

impl NewTopics {
    fn add(&mut self, topic: &NewTopic) -> Result<(), AdminError> {
        let name = c_string(&topic.topic)?;
        // SAFETY: the name is copied; nobody wants the error's text.
        let new = unsafe {
            sys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                topic.partitions.unwrap_or(-1),
                topic.replication.unwrap_or(-1),
                ptr::null_mut(),
                0,
            )
        };
        if new.is_null() {
            return Err(refused(&topic.topic));
        }
        self.0.push(new);
        for (name, value) in &topic.configs {
            let (name, value) = (c_string(name)?, c_string(value)?);
            // SAFETY: the topic is alive, and copies both texts.
            unsafe { sys::rd_kafka_NewTopic_set_config(new, name.as_ptr(), value.as_ptr()) };
        }
        Ok(())
    }
}

impl Drop for NewTopics {
    fn drop(&mut self) {
        for topic in &self.0 {
            // SAFETY: they are ours, and this is their only owner.
            unsafe { sys::rd_kafka_NewTopic_destroy(*topic) }
        }
    }
}

/// Requests for partitions, destroyed on drop.
#[derive(Default)]
struct NewPartitions(Vec<*mut sys::rd_kafka_NewPartitions_t>);

impl NewPartitions {
    fn add(&mut self, topic: &str, total: usize) -> Result<(), AdminError> {
        let name = c_string(topic)?;
        // SAFETY: the name is copied; nobody wants the error's text.
        let new =
            unsafe { sys::rd_kafka_NewPartitions_new(name.as_ptr(), total, ptr::null_mut(), 0) };
        if new.is_null() {
            return Err(refused(topic));
        }
        self.0.push(new);
        Ok(())
    }
}

impl Drop for NewPartitions {
    fn drop(&mut self) {
        for partitions in &self.0 {
            // SAFETY: they are ours, and this is their only owner.
            unsafe { sys::rd_kafka_NewPartitions_destroy(*partitions) }
        }
    }
}

fn refused(topic: &str) -> AdminError {
    AdminError {
        code: None,
        reason: format!("librdkafka refused the request for `{topic}`"),
    }
}

fn c_string(text: &str) -> Result<CString, AdminError> {
    CString::new(text).map_err(|_| AdminError {
        code: None,
        reason: format!("{text:?} has a NUL byte"),
    })
}
